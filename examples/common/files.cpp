#include "files.h"

#include <unistd.h>
#include <xgrad/autograd/error.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace examples {

namespace fs = std::filesystem;

namespace {

template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
    xgrad::raise<xgrad::FileError>("output", parts...);
}

void write(const fs::path& path, const std::string& content) {
    std::ofstream file(path, std::ios::binary);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    file.close();
    if (!file) fail("cannot write '", path.string(), "': ", std::strerror(errno));
}

}  // namespace

void prepare_folder(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (!fs::is_directory(folder)) {
        const bool taken = fs::exists(folder);
        fail("cannot make the folder '", folder.string(),
             "': ", taken ? "there is a file of that name" : error.message());
    }
    const fs::path probe = folder / (".probe-" + std::to_string(::getpid()));
    write(probe, "x");
    fs::remove(probe, error);
}

fs::path unfinished(const fs::path& path) { return path.string() + ".part"; }

std::string read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string content(std::istreambuf_iterator<char>(file), {});
    if (!file) fail("cannot read '", path.string(), "': ", std::strerror(errno));
    return content;
}

void write_file(const fs::path& path, const std::string& content) {
    write(unfinished(path), content);
    std::error_code error;
    fs::rename(unfinished(path), path, error);
    if (error) fail("cannot write '", path.string(), "': ", error.message());
}

}  // namespace examples
