#include <xgrad/autograd/error.h>

#include <ostream>
#include <sstream>

namespace xgrad::detail {

void MessagePart::write(std::ostream& out, bool v) { out << v; }
void MessagePart::write(std::ostream& out, char v) { out << v; }
void MessagePart::write(std::ostream& out, int v) { out << v; }
void MessagePart::write(std::ostream& out, unsigned v) { out << v; }
void MessagePart::write(std::ostream& out, long v) { out << v; }
void MessagePart::write(std::ostream& out, unsigned long v) { out << v; }
void MessagePart::write(std::ostream& out, long long v) { out << v; }
void MessagePart::write(std::ostream& out, unsigned long long v) { out << v; }
void MessagePart::write(std::ostream& out, float v) { out << v; }
void MessagePart::write(std::ostream& out, double v) { out << v; }
void MessagePart::write(std::ostream& out, const std::string& v) { out << v; }
void MessagePart::write(std::ostream& out, std::string_view v) { out << v; }
void MessagePart::write_text(std::ostream& out, const void* text) { out << static_cast<const char*>(text); }

namespace {

std::string written(std::string_view head, std::initializer_list<MessagePart> parts) {
    std::ostringstream out;
    out << head;
    for (const MessagePart& part : parts) part.write_to(out);
    return out.str();
}

}  // namespace

std::string join_parts(std::initializer_list<MessagePart> parts) { return written({}, parts); }

std::string message(const char* operation, std::initializer_list<MessagePart> parts) {
    return written('[' + std::string(operation) + "] ", parts);
}

template void raise_parts<Error>(const char*, std::initializer_list<MessagePart>);
template void raise_parts<ShapeError>(const char*, std::initializer_list<MessagePart>);
template void raise_parts<DtypeError>(const char*, std::initializer_list<MessagePart>);
template void raise_parts<IndexError>(const char*, std::initializer_list<MessagePart>);
template void raise_parts<ValueError>(const char*, std::initializer_list<MessagePart>);
template void raise_parts<GraphError>(const char*, std::initializer_list<MessagePart>);
template void raise_parts<LinAlgError>(const char*, std::initializer_list<MessagePart>);
template void raise_parts<FileError>(const char*, std::initializer_list<MessagePart>);
template void raise_parts<OutOfMemoryError>(const char*, std::initializer_list<MessagePart>);
template void raise_parts<NotImplementedError>(const char*, std::initializer_list<MessagePart>);

}  // namespace xgrad::detail
