#include <xgrad/autograd/archive.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>

static_assert(std::endian::native == std::endian::little, "archives are written as memory has them");

namespace xgrad::serialize {

using detail::Entries;

namespace {

constexpr std::string_view kMagic = "XGRADAR1";

enum Kind : std::uint8_t { kEnd, kTensor, kInt, kReal, kBoolean, kString, kIntList, kDoubleList, kNested };
constexpr std::uint8_t kRequiresGrad = 1, kUndefined = 2;

std::uint32_t checksum(std::string_view bytes) {
    return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

// --- Writing

template <class T>
void put(std::string& out, T value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_key(std::string& out, Kind kind, const std::string& key) {
    put(out, kind);
    put(out, static_cast<std::uint32_t>(key.size()));
    out += key;
}

template <class T>
void put_list(std::string& out, const std::vector<T>& list) {
    put(out, static_cast<std::uint64_t>(list.size()));
    out.append(reinterpret_cast<const char*>(list.data()), list.size() * sizeof(T));
}

void put_tensor(std::string& out, const std::string& key, const Tensor& tensor) {
    put_key(out, kTensor, key);
    put(out, tensor.defined() ? tensor.dtype() : ScalarType::Bool);
    if (!tensor.defined()) return put(out, kUndefined);
    put(out, static_cast<std::uint8_t>(tensor.requires_grad() ? kRequiresGrad : 0));
    put(out, static_cast<std::uint32_t>(tensor.dim()));
    for (const std::int64_t size : tensor.sizes()) put(out, size);
    const Tensor elements = tensor.detach().contiguous();
    out.append(static_cast<const char*>(elements.data_ptr()), elements.nbytes());
}

void put_value(std::string& out, const std::string& key, const IValue& value) {
    if (value.isInt()) {
        put_key(out, kInt, key);
        put(out, value.toInt());
    } else if (value.isDouble()) {
        put_key(out, kReal, key);
        put(out, value.toDouble());
    } else if (value.isBool()) {
        put_key(out, kBoolean, key);
        put(out, static_cast<std::uint8_t>(value.toBool()));
    } else if (value.isString()) {
        put_key(out, kString, key);
        put(out, static_cast<std::uint64_t>(value.toStringRef().size()));
        out += value.toStringRef();
    } else if (value.isIntList()) {
        put_key(out, kIntList, key);
        put_list(out, value.toIntVector());
    } else {
        put_key(out, kDoubleList, key);
        put_list(out, value.toDoubleVector());
    }
}

// --- Reading: bytes of unknown origin

class Parser {
  public:
    Parser(std::string_view bytes, const std::string& source) : bytes_(bytes), source_(source) {}

    Entries parse() {
        if (!bytes_.starts_with(kMagic)) fail("expected the 8 bytes ", kMagic);
        if (bytes_.size() < kMagic.size() + 5) fail("the file ends too early");
        const std::string_view content = bytes_.substr(0, bytes_.size() - 4);
        std::uint32_t expected = 0;
        std::memcpy(&expected, content.data() + content.size(), 4);
        if (checksum(content) != expected) fail("the checksum does not fit: the file is damaged or cut off");
        bytes_ = content;
        at_ = kMagic.size();
        Entries entries;
        for (Kind kind; (kind = static_cast<Kind>(take<std::uint8_t>("a kind"))) != kEnd;) {
            std::string key(take_bytes(take<std::uint32_t>("the length of a key"), "a key"));
            if (key.empty()) fail("expected a key of at least one character");
            if (!entries.emplace(key, take_entry(kind)).second) fail("the key '", key, "' is there twice");
        }
        if (at_ != bytes_.size()) fail("expected nothing after the end");
        return entries;
    }

  private:
    template <class... Parts>
    [[noreturn]] void fail(const Parts&... parts) const {
        raise<FileError>("load", source_, ", offset ", at_, ": ", parts...);
    }

    std::string_view take_bytes(std::uint64_t n, const char* what) {
        if (n > bytes_.size() - at_) fail("expected ", n, " bytes of ", what, ", there are ", bytes_.size() - at_);
        const std::string_view taken = bytes_.substr(at_, n);
        at_ += n;
        return taken;
    }
    template <class T>
    T take(const char* what) {
        T value;
        std::memcpy(&value, take_bytes(sizeof value, what).data(), sizeof value);
        return value;
    }
    template <class T>
    std::vector<T> take_list(const char* what) {
        const auto n = take<std::uint64_t>("the length of a list");
        if (n > (bytes_.size() - at_) / sizeof(T)) fail("expected ", n, " elements of ", what);
        std::vector<T> list(n);
        const std::string_view elements = take_bytes(n * sizeof(T), what);
        if (n > 0) std::memcpy(list.data(), elements.data(), elements.size());
        return list;
    }

    IValue take_entry(Kind kind) {
        switch (kind) {
            case kTensor:
                return take_tensor();
            case kInt:
                return IValue(take<std::int64_t>("an Int"));
            case kReal:
                return IValue(take<double>("a Double"));
            case kBoolean: {
                const auto value = take<std::uint8_t>("a Bool");
                if (value > 1) fail("expected a Bool of 0 or 1, got ", int{value});
                return IValue(value == 1);
            }
            case kString:
                return IValue(std::string(take_bytes(take<std::uint64_t>("the length of a String"), "a String")));
            case kIntList:
                return IValue(take_list<std::int64_t>("an IntList"));
            case kDoubleList:
                return IValue(take_list<double>("a DoubleList"));
            case kNested:
                return IValue();
            default:
                fail("there is no kind ", int{kind});
        }
    }

    Tensor take_tensor() {
        const auto dtype_code = take<std::uint8_t>("a dtype");
        const auto flags = take<std::uint8_t>("flags");
        if (dtype_code >= kNumScalarTypes) fail("there is no dtype ", int{dtype_code});
        if (flags > kUndefined) fail("there are no flags ", int{flags});
        if (flags == kUndefined) return {};
        const auto dtype = static_cast<ScalarType>(dtype_code);
        if (flags == kRequiresGrad && !is_floating_point(dtype)) fail("a tensor of dtype ", dtype, " requires no grad");
        const auto rank = take<std::uint32_t>("a rank");
        if (rank > xgrad::detail::kMaxRank) fail("a tensor has at most 64 dimensions, got ", rank);
        std::vector<std::int64_t> sizes(rank);
        for (std::int64_t& size : sizes) size = take<std::int64_t>("a size");
        const std::string_view elements = take_bytes(checked_nbytes(sizes, dtype), "elements");
        if (dtype == kBool && std::ranges::any_of(elements, [](char c) { return c != 0 && c != 1; }))
            fail("expected elements of 0 or 1 before here");
        Tensor tensor = empty(sizes, dtype);
        if (!elements.empty()) std::memcpy(tensor.data_ptr(), elements.data(), elements.size());
        if (flags == kRequiresGrad) tensor.requires_grad_();
        return tensor;
    }

    std::uint64_t checked_nbytes(const std::vector<std::int64_t>& sizes, ScalarType dtype) const {
        try {
            const std::int64_t numel = xgrad::detail::checked_numel(sizes, "load");
            std::uint64_t nbytes = 0;
            if (!__builtin_mul_overflow(numel, element_size(dtype), &nbytes)) return nbytes;
        } catch (const ShapeError& error) {
            fail(error.what());
        }
        fail("there is no memory for a tensor of shape ", xgrad::detail::shape_string(sizes));
    }

    std::string_view bytes_;
    const std::string& source_;
    std::size_t at_ = 0;
};

std::string contents(std::istream& stream, const std::string& source) {
    std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    if (stream.bad()) raise<FileError>("load", source, ": cannot be read");
    return bytes;
}

}  // namespace

// --- OutputArchive

void OutputArchive::add(const std::string& key, IValue value) {
    if (key.empty()) raise<ValueError>("write", "the key is empty");
    if (!entries_.emplace(key, std::move(value)).second)
        raise<ValueError>("write", "the key '", key, "' is there already");
}

void OutputArchive::write(const std::string& key, const Tensor& tensor, bool) { add(key, tensor); }

void OutputArchive::write(const std::string& key, const IValue& value) {
    if (value.isTensor()) return write(key, value.toTensor());
    if (!value.isScalar() && !value.isString() && !value.isIntList() && !value.isDoubleList())
        raise<DtypeError>("write", "the value of '", key,
                          "' is none of Int, Double, Bool, String, IntList and DoubleList");
    add(key, value);
}

void OutputArchive::write(const std::string& key, const OutputArchive& nested) {
    add(key, IValue());
    const std::string prefix = key + '.';
    for (const auto& [inner_key, value] : nested.entries_) add(prefix + inner_key, value);
}

std::string OutputArchive::bytes() const {
    std::string out(kMagic);
    for (const auto& [key, value] : entries_) {
        if (value.isTensor())
            put_tensor(out, key, value.toTensor());
        else if (value.isNone())
            put_key(out, kNested, key);
        else
            put_value(out, key, value);
    }
    put(out, kEnd);
    put(out, checksum(out));
    return out;
}

void OutputArchive::save_to(const std::string& filename) const {
    const std::string unfinished = filename + ".unfinished";
    {
        std::ofstream file(unfinished, std::ios::binary | std::ios::trunc);
        if (!file) raise<FileError>("save", filename, ": cannot be written");
        save_to(file);
        file.close();
        if (file && std::rename(unfinished.c_str(), filename.c_str()) == 0) return;
    }
    std::remove(unfinished.c_str());
    raise<FileError>("save", filename, ": cannot be written");
}

void OutputArchive::save_to(std::ostream& stream) const {
    const std::string out = bytes();
    if (!stream.write(out.data(), static_cast<std::streamsize>(out.size())))
        raise<FileError>("save", "the stream took less than ", out.size(), " bytes");
}

void OutputArchive::save_to(const std::function<std::size_t(const void*, std::size_t)>& writer) const {
    const std::string out = bytes();
    if (const std::size_t written = writer(out.data(), out.size()); written != out.size())
        raise<FileError>("save", "the writer took ", written, " of ", out.size(), " bytes");
}

// --- InputArchive

InputArchive::InputArchive() : entries_(std::make_shared<Entries>()) {}

void InputArchive::load_from(const std::string& filename) {
    std::ifstream file(filename, std::ios::binary);
    if (!file) raise<FileError>("load", filename, ": cannot be opened");
    const std::string bytes = contents(file, filename);
    entries_ = std::make_shared<Entries>(Parser(bytes, filename).parse());
    prefix_.clear();
}

void InputArchive::load_from(std::istream& stream) {
    const std::string bytes = contents(stream, "the stream");
    load_from(bytes.data(), bytes.size());
}

void InputArchive::load_from(const char* data, std::size_t size) {
    const std::string source = "the archive";
    entries_ = std::make_shared<Entries>(Parser({data, size}, source).parse());
    prefix_.clear();
}

const IValue* InputArchive::find(const std::string& key) const {
    const auto found = entries_->find(prefix_ + key);
    return found == entries_->end() ? nullptr : &found->second;
}

void InputArchive::raise_missing(const std::string& key) const {
    raise<IndexError>("read", "there is no such entry '", prefix_, key, '\'');
}

bool InputArchive::try_read(const std::string& key, Tensor& tensor, bool) const {
    const IValue* found = find(key);
    if (!found || !found->isTensor()) return false;
    if (const Tensor& stored = found->toTensor(); tensor.defined() && stored.defined())
        tensor.set_data(stored);
    else
        tensor = stored;
    return true;
}

bool InputArchive::try_read(const std::string& key, IValue& value) const {
    const IValue* found = find(key);
    if (!found || found->isNone()) return false;
    value = *found;
    return true;
}

bool InputArchive::try_read(const std::string& key, InputArchive& nested) const {
    const IValue* found = find(key);
    if (!found || !found->isNone()) return false;
    const std::string prefix = prefix_ + key + '.';
    nested = *this;
    nested.prefix_ = prefix;
    return true;
}

void InputArchive::read(const std::string& key, Tensor& tensor, bool is_buffer) const {
    if (!try_read(key, tensor, is_buffer)) raise_missing(key);
}
void InputArchive::read(const std::string& key, IValue& value) const {
    if (!try_read(key, value)) raise_missing(key);
}
void InputArchive::read(const std::string& key, InputArchive& nested) const {
    if (!try_read(key, nested)) raise_missing(key);
}

std::vector<std::string> InputArchive::keys() const {
    std::vector<std::string> out;
    for (const auto& [key, entry] : *entries_) {
        if (!key.starts_with(prefix_)) continue;
        const std::string inner = key.substr(prefix_.size());
        const std::size_t dot = inner.find('.');
        const bool of_nested = dot != std::string::npos && entries_->contains(prefix_ + inner.substr(0, dot));
        if (!of_nested) out.push_back(inner);
    }
    return out;
}

OutputArchive& operator<<(OutputArchive& archive, const Tensor& tensor) {
    archive.write("0", tensor);
    return archive;
}
InputArchive& operator>>(InputArchive& archive, Tensor& tensor) {
    archive.read("0", tensor);
    return archive;
}

OutputArchive& operator<<(OutputArchive& archive, const TensorList& tensors) {
    for (std::size_t i = 0; i < tensors.size(); ++i) archive.write(std::to_string(i), tensors[i]);
    return archive;
}
InputArchive& operator>>(InputArchive& archive, TensorList& tensors) {
    tensors.clear();
    for (Tensor next; archive.try_read(std::to_string(tensors.size()), next); next = Tensor()) tensors.push_back(next);
    return archive;
}

}  // namespace xgrad::serialize
