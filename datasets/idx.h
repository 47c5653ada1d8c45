#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace xgrad::data {

/// The content of an IDX file of unsigned bytes: `data` in row-major order, as many bytes as the product of `sizes`.
struct IdxArray {
    std::vector<std::int64_t> sizes;
    std::vector<std::uint8_t> data;
};

/// The largest payload that `read_idx` accepts unless told otherwise: 2 GiB.
inline constexpr std::int64_t kMaxIdxBytes = std::int64_t{1} << 31;

/// Reads an IDX file of unsigned bytes, gzip-compressed or plain (told apart by the first two bytes, not by the name).
/// `sizes` says what the file must hold: one entry a dimension, -1 where any size from 1 on will do.
///
/// The file is not trusted: whatever is wrong with it is a FileError that names the file, the offset and what was
/// expected there, and memory grows with the bytes that arrive, not with the sizes that the header claims.
IdxArray read_idx(const std::string& path, const std::vector<std::int64_t>& sizes,
                  std::int64_t max_bytes = kMaxIdxBytes);

}  // namespace xgrad::data
