#include "program.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace examples {

namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File temporary() { return {std::tmpfile(), &std::fclose}; }

std::string read_all(std::FILE* file) {
    std::rewind(file);
    std::string text;
    std::array<char, 4096> buffer;
    while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), file)) text.append(buffer.data(), n);
    return text;
}

/// Starts a program with these files as its input and output. Returns an errno.
int spawn(std::vector<std::string> command, std::FILE* in, std::FILE* out, const std::filesystem::path& folder,
          pid_t& child) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ::fileno(in), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ::fileno(out), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ::fileno(out), STDERR_FILENO);
    posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
    // In a process group of its own, Ctrl-C on the terminal does not reach it.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    std::vector<char*> arguments;
    for (std::string& word : command) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const int error = ::posix_spawnp(&child, arguments[0], &actions, &attributes, arguments.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

}  // namespace

std::string run_program(const std::vector<std::string>& command, const std::string& package, const std::string& input,
                        const std::filesystem::path& folder) {
    const std::string& name = command[0];
    // Files rather than pipes: nobody waits for a reader, nobody writes to one that is gone.
    const File in = temporary();
    const File out = temporary();
    if (!in || !out || std::fwrite(input.data(), 1, input.size(), in.get()) != input.size() ||
        std::fflush(in.get()) != 0) {
        return "no temporary file for the input of " + name + ": " + std::strerror(errno);
    }
    std::rewind(in.get());

    pid_t child = 0;
    const int error = spawn(command, in.get(), out.get(), folder, child);
    if (error == ENOENT) return name + " is not installed (on Debian: " + package + ")";
    if (error != 0) return name + " cannot be started: " + std::strerror(error);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) return name + " is lost: " + std::strerror(errno);
    }
    if (status == 0) return {};
    const std::string text = read_all(out.get());
    return name + " failed" + (text.empty() ? std::string() : ": " + text);
}

}  // namespace examples
