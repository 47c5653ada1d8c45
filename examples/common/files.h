#pragma once

#include <filesystem>
#include <string>

namespace examples {

/// Makes the folder if need be and makes sure that files can be written there. Throws xgrad::FileError: better before a
/// long training than after it.
void prepare_folder(const std::filesystem::path& folder);

/// The name under which a file is written until it is whole.
std::filesystem::path unfinished(const std::filesystem::path& path);

/// The bytes of a file. Throws xgrad::FileError.
std::string read_file(const std::filesystem::path& path);

/// Writes a file that appears whole or not at all. Throws xgrad::FileError.
void write_file(const std::filesystem::path& path, const std::string& content);

}  // namespace examples
