#pragma once

#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

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

template <class... Parts>
std::string join(const Parts&... parts) {
    std::ostringstream out;
    (out << ... << parts);
    return out.str();
}

}  // namespace detail

/// Throws `E` with the message "[operation] parts...", the parts written with operator<<.
template <class E = Error, class... Parts>
[[noreturn]] void raise(const char* operation, const Parts&... parts) {
    throw E(detail::join('[', operation, "] ", parts...));
}

}  // namespace xgrad
