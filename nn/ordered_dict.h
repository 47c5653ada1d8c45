#pragma once

#include <initializer_list>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <xgrad/autograd/error.h>

namespace xgrad {

/// A map that keeps the order of insertion, by which it can be indexed too.
template <class Key, class Value>
class OrderedDict {
  public:
    /// A pair of key and value; `*item` and `item->` are the value.
    class Item {
      public:
        Item(Key key, Value value) : pair_(std::move(key), std::move(value)) {}

        const Key& key() const { return pair_.first; }
        Value& value() { return pair_.second; }
        const Value& value() const { return pair_.second; }
        Value& operator*() { return value(); }
        const Value& operator*() const { return value(); }
        Value* operator->() { return &value(); }
        const Value* operator->() const { return &value(); }
        const std::pair<Key, Value>& pair() const { return pair_; }

      private:
        std::pair<Key, Value> pair_;
    };
    using Iterator = typename std::vector<Item>::iterator;
    using ConstIterator = typename std::vector<Item>::const_iterator;

    /// Messages call a key `key_description`.
    explicit OrderedDict(std::string key_description = "Key") : key_description_(std::move(key_description)) {}
    OrderedDict(std::initializer_list<Item> items) : OrderedDict() {
        for (const Item& item : items) insert(item.key(), item.value());
    }

    const std::string& key_description() const { return key_description_; }
    std::size_t size() const { return items_.size(); }
    bool is_empty() const { return items_.empty(); }
    void reserve(std::size_t capacity) {
        index_.reserve(capacity);
        items_.reserve(capacity);
    }

    Iterator begin() { return items_.begin(); }
    Iterator end() { return items_.end(); }
    ConstIterator begin() const { return items_.begin(); }
    ConstIterator end() const { return items_.end(); }
    /// The first and the last item. Throw IndexError when there is none.
    Item& front() { return items_[checked(0)]; }
    const Item& front() const { return items_[checked(0)]; }
    Item& back() { return items_[checked(is_empty() ? 0 : size() - 1)]; }
    const Item& back() const { return items_[checked(is_empty() ? 0 : size() - 1)]; }
    /// By position. Throws IndexError past the end.
    Item& operator[](std::size_t index) { return items_[checked(index)]; }
    const Item& operator[](std::size_t index) const { return items_[checked(index)]; }
    /// By key. Throws IndexError when it is not there.
    Value& operator[](const Key& key) { return items_[position(key)].value(); }
    const Value& operator[](const Key& key) const { return items_[position(key)].value(); }

    /// The value of a key, or null.
    Value* find(const Key& key) {
        const auto found = index_.find(key);
        return found == index_.end() ? nullptr : &items_[found->second].value();
    }
    const Value* find(const Key& key) const { return const_cast<OrderedDict*>(this)->find(key); }
    bool contains(const Key& key) const { return index_.count(key) != 0; }

    /// Adds an item at the end. Throws ValueError when the key is there already.
    Value& insert(Key key, Value value) {
        if (!index_.emplace(key, size()).second)
            raise<ValueError>("OrderedDict", key_description_, " '", key, "' already defined");
        items_.emplace_back(std::move(key), std::move(value));
        return items_.back().value();
    }
    /// Inserts all items of another.
    void update(const OrderedDict& other) {
        reserve(size() + other.size());
        for (const Item& item : other) insert(item.key(), item.value());
    }
    /// Throws IndexError when the key is not there.
    void erase(const Key& key) {
        const std::size_t at = position(key);
        index_.erase(key);
        items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(at));
        for (auto& entry : index_) entry.second -= entry.second > at;
    }
    void clear() {
        index_.clear();
        items_.clear();
    }

    const std::vector<Item>& items() const { return items_; }
    std::vector<Key> keys() const {
        std::vector<Key> out;
        out.reserve(size());
        for (const Item& item : items_) out.push_back(item.key());
        return out;
    }
    std::vector<Value> values() const {
        std::vector<Value> out;
        out.reserve(size());
        for (const Item& item : items_) out.push_back(item.value());
        return out;
    }
    std::vector<std::pair<Key, Value>> pairs() const {
        std::vector<std::pair<Key, Value>> out;
        out.reserve(size());
        for (const Item& item : items_) out.push_back(item.pair());
        return out;
    }

  private:
    std::size_t checked(std::size_t index) const {
        if (index >= size())
            raise<IndexError>("OrderedDict", "index ", index, " is out of bounds: there are ", size(), " items");
        return index;
    }
    std::size_t position(const Key& key) const {
        const auto found = index_.find(key);
        if (found == index_.end()) raise<IndexError>("OrderedDict", key_description_, " '", key, "' is not defined");
        return found->second;
    }

    std::unordered_map<Key, std::size_t> index_;
    std::vector<Item> items_;
    std::string key_description_;
};

}  // namespace xgrad
