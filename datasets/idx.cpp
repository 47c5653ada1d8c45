#include <xgrad/autograd/error.h>
#include <xgrad/datasets/idx.h>

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>

namespace xgrad::data {

namespace {

/// The bytes of a file, inflated if they are a gzip stream.
class ByteSource {
  public:
    explicit ByteSource(const std::string& path) : path_(path), file_(std::fopen(path.c_str(), "rb"), &std::fclose) {
        if (!file_) fail("cannot be opened: ", std::strerror(errno));
        fill();
        compressed_ = stream_.avail_in >= 2 && input_[0] == 0x1f && input_[1] == 0x8b;
        // 16 asks for the gzip wrapper, whose checksum and length zlib then verifies.
        if (compressed_ && inflateInit2(&stream_, 16 + MAX_WBITS) != Z_OK) {
            raise<OutOfMemoryError>("read_idx", path_, ": no memory to inflate it");
        }
    }

    ~ByteSource() {
        if (compressed_) inflateEnd(&stream_);
    }

    ByteSource(const ByteSource&) = delete;
    ByteSource& operator=(const ByteSource&) = delete;

    /// Reads up to `n` bytes; fewer only at the end.
    std::size_t read(std::uint8_t* out, std::size_t n) {
        std::size_t done = 0;
        while (done < n && !ended_) {
            const std::size_t step = std::min(n - done, kStep);
            done += compressed_ ? read_inflated(out + done, step) : read_plain(out + done, step);
        }
        offset_ += done;
        return done;
    }

    /// Reads `n` bytes or says that `what` was expected here.
    void read_exactly(std::uint8_t* out, std::size_t n, const char* what) {
        const std::size_t start = offset_;
        const std::size_t got = read(out, n);
        if (got < n) fail_at(start, "expected ", n, " bytes of ", what, ", found ", got);
    }

    /// How many bytes have been handed out.
    std::size_t offset() const { return offset_; }

    /// Throws FileError about the content at an offset, counted after inflating.
    template <class... Parts>
    [[noreturn]] void fail_at(std::size_t offset, const Parts&... parts) const {
        fail("at offset ", offset, compressed_ ? " of the inflated content: " : ": ", parts...);
    }

  private:
    static constexpr std::size_t kStep = std::size_t{1} << 30;

    template <class... Parts>
    [[noreturn]] void fail(const Parts&... parts) const {
        raise<FileError>("read_idx", path_, ": ", parts...);
    }

    template <class... Parts>
    [[noreturn]] void fail_in_file(const Parts&... parts) const {
        fail("at offset ", file_offset_ - stream_.avail_in, ": ", parts...);
    }

    /// Takes the next bytes of the file; none are left at its end.
    void fill() {
        stream_.next_in = input_.data();
        stream_.avail_in = static_cast<uInt>(std::fread(input_.data(), 1, input_.size(), file_.get()));
        if (std::ferror(file_.get()) != 0) fail("cannot be read: ", std::strerror(errno));
        file_offset_ += stream_.avail_in;
    }

    std::size_t read_plain(std::uint8_t* out, std::size_t n) {
        if (stream_.avail_in == 0) fill();
        ended_ = stream_.avail_in == 0;
        const std::size_t m = std::min<std::size_t>(n, stream_.avail_in);
        std::copy_n(stream_.next_in, m, out);
        stream_.next_in += m;
        stream_.avail_in -= static_cast<uInt>(m);
        return m;
    }

    std::size_t read_inflated(std::uint8_t* out, std::size_t n) {
        if (stream_.avail_in == 0) fill();
        if (stream_.avail_in == 0) fail_in_file("expected more of the gzip stream, found the end of the file");
        stream_.next_out = out;
        stream_.avail_out = static_cast<uInt>(n);
        const int status = inflate(&stream_, Z_NO_FLUSH);
        if (status == Z_STREAM_END) {
            next_member();
        } else if (status == Z_MEM_ERROR) {
            raise<OutOfMemoryError>("read_idx", path_, ": no memory to inflate it");
        } else if (status != Z_OK) {
            fail_in_file("expected ", first_member_ ? "a valid gzip stream" : "the end of the file or a gzip member",
                         ", found damage: ", stream_.msg != nullptr ? stream_.msg : "no progress");
        }
        return n - stream_.avail_out;
    }

    // A gzip file may hold several members, whose contents are joined.
    void next_member() {
        first_member_ = false;
        if (stream_.avail_in == 0) fill();
        ended_ = stream_.avail_in == 0;
        if (!ended_) inflateReset(&stream_);
    }

    std::string path_;
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
    std::array<Bytef, std::size_t{1} << 16> input_;
    z_stream stream_{};
    std::size_t file_offset_ = 0;  // of the bytes taken from the file
    std::size_t offset_ = 0;       // of the bytes handed out
    bool compressed_ = false;
    bool first_member_ = true;
    bool ended_ = false;
};

std::string hex(unsigned value) {
    std::array<char, 16> text;
    std::snprintf(text.data(), text.size(), "0x%02x", value);
    return text.data();
}

std::string product_text(const std::vector<std::int64_t>& sizes) {
    std::string text;
    for (const std::int64_t size : sizes) text += (text.empty() ? "" : " x ") + std::to_string(size);
    return text;
}

/// The sizes that the header claims, checked one by one; their product is at most `max_bytes`.
std::vector<std::int64_t> read_header(ByteSource& source, const std::vector<std::int64_t>& expected,
                                      std::int64_t max_bytes) {
    std::array<std::uint8_t, 4> word;
    source.read_exactly(word.data(), word.size(), "an IDX magic number");
    if (word[0] != 0 || word[1] != 0) {
        source.fail_at(0, "expected the two zero bytes of an IDX file, found ", hex(word[0]), " ", hex(word[1]));
    }
    if (word[2] != 0x08) source.fail_at(2, "expected type code 0x08 (unsigned byte), found ", hex(word[2]));
    if (word[3] != expected.size()) {
        source.fail_at(3, "expected ", expected.size(), " dimensions, found ", static_cast<int>(word[3]));
    }
    std::vector<std::int64_t> sizes;
    std::int64_t count = 1;
    for (const std::int64_t wanted : expected) {
        const std::size_t offset = source.offset();
        source.read_exactly(word.data(), word.size(), "a size");
        std::int64_t size = 0;
        for (const std::uint8_t byte : word) size = size * 256 + byte;
        if (wanted >= 0 && size != wanted) source.fail_at(offset, "expected size ", wanted, ", found ", size);
        if (size == 0) source.fail_at(offset, "expected a size from 1 on, found 0");
        sizes.push_back(size);
        if (size > max_bytes / count) {
            source.fail_at(offset, "expected sizes whose product is at most ", max_bytes, ", found ",
                           product_text(sizes));
        }
        count *= size;
    }
    return sizes;
}

/// `count` bytes into a buffer that grows as they arrive: the header is believed only as far as bytes bear it out.
std::vector<std::uint8_t> read_payload(ByteSource& source, const std::vector<std::int64_t>& sizes) {
    constexpr std::size_t kFirst = std::size_t{1} << 20;
    std::size_t count = 1;
    for (const std::int64_t size : sizes) count *= static_cast<std::size_t>(size);
    const std::size_t start = source.offset();
    std::vector<std::uint8_t> data;
    while (data.size() < count) {
        const std::size_t have = data.size();
        const std::size_t want = std::min(count, std::max(kFirst, 2 * have));
        data.reserve(want);
        data.resize(want);
        const std::size_t got = source.read(data.data() + have, want - have);
        if (got < want - have) {
            source.fail_at(start, "expected ", count, " bytes of data (", product_text(sizes), "), found ", have + got);
        }
    }
    std::uint8_t extra = 0;
    if (source.read(&extra, 1) != 0) source.fail_at(start + count, "expected the end of the file, found more bytes");
    return data;
}

}  // namespace

IdxArray read_idx(const std::string& path, const std::vector<std::int64_t>& sizes, std::int64_t max_bytes) {
    if (sizes.empty() || sizes.size() > 255) {
        raise<ValueError>("read_idx", "expected sizes of 1 to 255 dimensions, got ", sizes.size());
    }
    const auto source = std::make_unique<ByteSource>(path);
    try {
        IdxArray result;
        result.sizes = read_header(*source, sizes, max_bytes);
        result.data = read_payload(*source, result.sizes);
        return result;
    } catch (const std::bad_alloc&) {
        raise<OutOfMemoryError>("read_idx", path, ": no memory for its content");
    }
}

}  // namespace xgrad::data
