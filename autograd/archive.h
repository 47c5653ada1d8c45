#pragma once

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/autograd/function.h>
#include <xgrad/autograd/tensor.h>

/// Tensors and values under names, in files. The format is xgrad's own: little-endian, 8 bytes "XGRADAR1", then entries
/// of one byte that tells the kind, the key (its length as 4 bytes, the characters) and a content
///
///     1  tensor       dtype (1 byte: Bool, Byte, Int, Long, Float, Double), flags (1 byte: 1 requires grad, 2
///     undefined,
///                     with nothing to follow), rank (4 bytes), sizes (8 bytes each), elements, row by row
///     2 .. 5  Int, Double (8 bytes), Bool (1 byte), String (length as 8 bytes, characters)
///     6, 7    IntList, DoubleList (length as 8 bytes, 8 bytes each)
///     8  a nested archive, with nothing to follow: the keys of its entries begin with this key and a dot
///
/// and at the end a byte 0 and the CRC-32 of all bytes before as 4 bytes. A file is checked in full before anything of
/// it is used: whatever its bytes, reading it gives what was written or throws FileError with the offset.
namespace xgrad::serialize {

namespace detail {
/// None stands for a nested archive.
using Entries = std::map<std::string, IValue>;
}  // namespace detail

/// What is to be written.
class OutputArchive {
  public:
    /// Adds an entry. Throws ValueError for a key that is empty or there already, DtypeError for values of other types
    /// than Int, Double, Bool, String, IntList and DoubleList. A tensor is shared until it is saved.
    void write(const std::string& key, const Tensor& tensor, bool is_buffer = false);
    void write(const std::string& key, const IValue& value);
    void write(const std::string& key, const OutputArchive& nested);

    /// Writes the archive. A file is replaced when all has been written. Throws FileError.
    void save_to(const std::string& filename) const;
    void save_to(std::ostream& stream) const;
    void save_to(const std::function<std::size_t(const void*, std::size_t)>& writer) const;

  private:
    void add(const std::string& key, IValue value);
    std::string bytes() const;

    detail::Entries entries_;
};

/// What was read.
class InputArchive {
  public:
    InputArchive();

    /// Replaces the contents. Throws FileError, changing nothing, for anything that is no archive.
    void load_from(const std::string& filename);
    void load_from(std::istream& stream);
    void load_from(const char* data, std::size_t size);

    /// The tensor under `key`: its data become those of `tensor` if that is defined (see Tensor::set_data), else it is
    /// assigned. False when there is no such entry, for which read throws IndexError.
    bool try_read(const std::string& key, Tensor& tensor, bool is_buffer = false) const;
    bool try_read(const std::string& key, IValue& value) const;
    bool try_read(const std::string& key, InputArchive& nested) const;
    void read(const std::string& key, Tensor& tensor, bool is_buffer = false) const;
    void read(const std::string& key, IValue& value) const;
    void read(const std::string& key, InputArchive& nested) const;

    /// The names of the entries of this archive, without those of nested ones.
    std::vector<std::string> keys() const;

  private:
    /// The entry, or null.
    const IValue* find(const std::string& key) const;
    [[noreturn]] void raise_missing(const std::string& key) const;

    std::shared_ptr<const detail::Entries> entries_;
    std::string prefix_;
};

OutputArchive& operator<<(OutputArchive& archive, const Tensor& tensor);
InputArchive& operator>>(InputArchive& archive, Tensor& tensor);
OutputArchive& operator<<(OutputArchive& archive, const TensorList& tensors);
InputArchive& operator>>(InputArchive& archive, TensorList& tensors);

}  // namespace xgrad::serialize

namespace xgrad {

/// Writes a tensor, a list of tensors or a module (its parameters and buffers) to a file or a stream.
template <class Value, class... To>
requires requires(serialize::OutputArchive& archive, const Value& value) { archive << value; }
void save(const Value& value, To&&... to) {
    serialize::OutputArchive archive;
    archive << value;
    archive.save_to(std::forward<To>(to)...);
}

/// Reads what save has written into a tensor, a list or a module. A module takes values of the shapes that it has;
/// others throw ShapeError before anything is changed.
template <class Value, class... From>
requires requires(serialize::InputArchive& archive, Value& value) { archive >> value; }
void load(Value& value, From&&... from) {
    serialize::InputArchive archive;
    archive.load_from(std::forward<From>(from)...);
    archive >> value;
}

}  // namespace xgrad
