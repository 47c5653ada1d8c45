#pragma once

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <stdexcept>
#include <string>
#include <string_view>

namespace xgrad {

/// Base of every exception that xgrad throws. The message begins with the operation in brackets, shows the values in
/// question and the rule they break.
class Error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;

    // what() by libtorch's names.
    std::string msg() const { return what(); }
    const char* what_without_backtrace() const noexcept { return what(); }
};

/// Shapes, dimensions or strides that do not fit the operation.
class ShapeError : public Error {
  public:
    using Error::Error;
};

/// A dtype that the operation does not take, or a conversion that would lose information silently.
class DtypeError : public Error {
  public:
    using Error::Error;
};

/// An index or a dimension outside its range.
class IndexError : public Error {
  public:
    using Error::Error;
};

/// An argument with a value the operation does not take.
class ValueError : public Error {
  public:
    using Error::Error;
};

/// Misuse of the graph: a gradient asked of something that has none, a stale saved tensor, a forbidden in-place form.
class GraphError : public Error {
  public:
    using Error::Error;
};

/// A matrix that does not permit what is asked of it: singular, not positive-definite, or not finite.
class LinAlgError : public Error {
  public:
    using Error::Error;
};

/// A file that is missing, truncated, malformed or cannot be written.
class FileError : public Error {
  public:
    using Error::Error;
};

/// Memory that could not be had.
class OutOfMemoryError : public Error {
  public:
    using Error::Error;
};

/// Something asked for that does not exist (yet): the message names the alternative.
class NotImplementedError : public Error {
  public:
    using Error::Error;
};

namespace detail {

/// A part of a message: whatever has operator<<. It refers to what it was made of.
class MessagePart {
  public:
    template <class T>
    MessagePart(const T& value)
        : value_(&value), write_([](std::ostream& out, const void* v) { write(out, *static_cast<const T*>(v)); }) {}
    template <std::size_t N>
    MessagePart(const char (&text)[N]) : value_(text), write_(write_text) {}
    MessagePart(const char* const& text) : value_(text), write_(write_text) {}

    void write_to(std::ostream& out) const { write_(out, value_); }

  private:
    // What <ostream> would write, which is not included for it.
    static void write(std::ostream& out, bool v);
    static void write(std::ostream& out, char v);
    static void write(std::ostream& out, int v);
    static void write(std::ostream& out, unsigned v);
    static void write(std::ostream& out, long v);
    static void write(std::ostream& out, unsigned long v);
    static void write(std::ostream& out, long long v);
    static void write(std::ostream& out, unsigned long long v);
    static void write(std::ostream& out, float v);
    static void write(std::ostream& out, double v);
    static void write(std::ostream& out, const std::string& v);
    static void write(std::ostream& out, std::string_view v);
    template <class T>
    static void write(std::ostream& out, const T& v) {
        out << v;
    }
    static void write_text(std::ostream& out, const void* text);

    const void* value_;
    void (*write_)(std::ostream& out, const void* value);
};

std::string join_parts(std::initializer_list<MessagePart> parts);

/// The parts as operator<< writes them, one after the other.
template <class... Parts>
std::string join(const Parts&... parts) {
    return join_parts({MessagePart(parts)...});
}

std::string message(const char* operation, std::initializer_list<MessagePart> parts);

template <class E>
[[noreturn]] void raise_parts(const char* operation, std::initializer_list<MessagePart> parts) {
    throw E(message(operation, parts));
}

extern template void raise_parts<Error>(const char*, std::initializer_list<MessagePart>);
extern template void raise_parts<ShapeError>(const char*, std::initializer_list<MessagePart>);
extern template void raise_parts<DtypeError>(const char*, std::initializer_list<MessagePart>);
extern template void raise_parts<IndexError>(const char*, std::initializer_list<MessagePart>);
extern template void raise_parts<ValueError>(const char*, std::initializer_list<MessagePart>);
extern template void raise_parts<GraphError>(const char*, std::initializer_list<MessagePart>);
extern template void raise_parts<LinAlgError>(const char*, std::initializer_list<MessagePart>);
extern template void raise_parts<FileError>(const char*, std::initializer_list<MessagePart>);
extern template void raise_parts<OutOfMemoryError>(const char*, std::initializer_list<MessagePart>);
extern template void raise_parts<NotImplementedError>(const char*, std::initializer_list<MessagePart>);

}  // namespace detail

/// Throws `E` with the message "[operation] parts...", the parts written with operator<<.
template <class E = Error, class... Parts>
[[noreturn]] void raise(const char* operation, const Parts&... parts) {
    detail::raise_parts<E>(operation, {detail::MessagePart(parts)...});
}

}  // namespace xgrad
