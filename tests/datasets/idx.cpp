#include <doctest/doctest.h>

#include <xgrad/autograd/error.h>
#include <xgrad/datasets/idx.h>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <string>
#include <vector>

using xgrad::data::IdxArray;
using xgrad::data::read_idx;

namespace {

using Bytes = std::vector<std::uint8_t>;

std::string mnist(const std::string& name) {
#ifdef XGRAD_TEST_DATA_DIR
    return std::string(XGRAD_TEST_DATA_DIR) + "/../../datasets/mnist/" + name;
#else
    const std::string here = __FILE__;
    return here.substr(0, here.rfind("tests/datasets")) + "datasets/mnist/" + name;
#endif
}

/// A folder that goes away with the test.
class Folder {
  public:
    Folder() : path_(std::filesystem::temp_directory_path() / ("xgrad-idx-" + std::to_string(::getpid()))) {
        std::filesystem::create_directories(path_);
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string path() const { return path_.string(); }
    std::string write(const Bytes& bytes) const {
        const std::filesystem::path file = path_ / "file";
        std::ofstream(file, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        return file.string();
    }

  private:
    std::filesystem::path path_;
};

Bytes slurp(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    REQUIRE(file.is_open());
    return Bytes(std::istreambuf_iterator<char>(file), {});
}

Bytes operator+(Bytes a, const Bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

Bytes big_endian(std::uint32_t x) {
    return {static_cast<std::uint8_t>(x >> 24), static_cast<std::uint8_t>(x >> 16), static_cast<std::uint8_t>(x >> 8),
            static_cast<std::uint8_t>(x)};
}

Bytes header(const std::vector<std::uint32_t>& sizes) {
    Bytes bytes{0, 0, 8, static_cast<std::uint8_t>(sizes.size())};
    for (const std::uint32_t size : sizes) bytes = bytes + big_endian(size);
    return bytes;
}

Bytes ramp(std::size_t n) {
    Bytes bytes(n);
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
    return bytes;
}

/// One gzip member (RFC 1952) of one stored block of at most 65535 bytes.
Bytes gzip(const Bytes& content) {
    std::uint32_t crc = 0xffffffffu;
    for (const std::uint8_t byte : content) {
        crc ^= byte;
        for (int k = 0; k < 8; ++k) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320u : 0u);
    }
    const auto little_endian = [](std::uint32_t x) {
        const Bytes b = big_endian(x);
        return Bytes(b.rbegin(), b.rend());
    };
    const auto n = static_cast<std::uint32_t>(content.size());
    return Bytes{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1} + little_endian(n | (~n << 16)) + content +
           little_endian(~crc) + little_endian(n);
}

/// The message of the FileError that reading throws.
std::string failure(const std::string& path, const std::vector<std::int64_t>& sizes,
                    std::int64_t max_bytes = xgrad::data::kMaxIdxBytes) {
    try {
        read_idx(path, sizes, max_bytes);
    } catch (const xgrad::FileError& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("the MNIST files") {
    const IdxArray labels = read_idx(mnist("train-labels-idx1-ubyte.gz"), {60000});
    const IdxArray images = read_idx(mnist("train-images-idx3-ubyte.gz"), {-1, 28, 28});
    const IdxArray test_labels = read_idx(mnist("t10k-labels-idx1-ubyte.gz"), {-1});
    const IdxArray test_images = read_idx(mnist("t10k-images-idx3-ubyte.gz"), {10000, 28, 28});
    CHECK(images.sizes == std::vector<std::int64_t>{60000, 28, 28});
    CHECK(test_labels.sizes == std::vector<std::int64_t>{10000});
    CHECK(images.data.size() == 47040000);
    CHECK(test_images.data.size() == 7840000);
    CHECK(Bytes(labels.data.begin(), labels.data.begin() + 10) == Bytes{5, 0, 4, 1, 9, 2, 1, 3, 1, 4});
    CHECK(Bytes(test_labels.data.begin(), test_labels.data.begin() + 10) == Bytes{7, 2, 1, 0, 4, 1, 4, 9, 5, 9});
    // The mean and the number of digits 1 that are known of the training set.
    const double sum = std::accumulate(images.data.begin(), images.data.end(), 0.0);
    CHECK(sum / 255 / 47040000 == doctest::Approx(0.1306604762738429).epsilon(1e-12));
    CHECK(std::count(labels.data.begin(), labels.data.end(), 1) == 6742);
}

TEST_CASE("plain and compressed content, whatever the name") {
    const Folder folder;
    const Bytes file = header({3, 2, 5}) + ramp(30);
    const Bytes first(file.begin(), file.begin() + 9), second(file.begin() + 9, file.end());
    for (const Bytes& bytes : {file, gzip(file), gzip(first) + gzip(second), gzip({}) + gzip(file) + gzip({})}) {
        const IdxArray array = read_idx(folder.write(bytes), {-1, 2, -1});
        CHECK(array.sizes == std::vector<std::int64_t>{3, 2, 5});
        CHECK(array.data == ramp(30));
    }
    const std::size_t n = 3 * (std::size_t{1} << 20) + 17;
    const IdxArray large = read_idx(folder.write(header({static_cast<std::uint32_t>(n)}) + ramp(n)), {-1});
    CHECK(large.data == ramp(n));
}

TEST_CASE("malformed content") {
    const Bytes good = header({2, 3}) + ramp(6);
    const auto with = [&](std::size_t offset, std::uint8_t value) {
        Bytes bytes = good;
        bytes[offset] = value;
        return bytes;
    };
    struct Row {
        Bytes content;
        const char* offset;
        const char* what;
    };
    const std::vector<Row> rows{
        {{}, "0", "expected 4 bytes of an IDX magic number, found 0"},
        {{0, 0, 8}, "0", "expected 4 bytes of an IDX magic number, found 3"},
        {with(0, 'P'), "0", "expected the two zero bytes of an IDX file, found 0x50 0x00"},
        {with(1, 1), "0", "expected the two zero bytes of an IDX file, found 0x00 0x01"},
        {with(2, 0x0d), "2", "expected type code 0x08 (unsigned byte), found 0x0d"},
        {with(3, 3), "3", "expected 2 dimensions, found 3"},
        {with(3, 0), "3", "expected 2 dimensions, found 0"},
        {Bytes(good.begin(), good.begin() + 10), "8", "expected 4 bytes of a size, found 2"},
        {header({0, 3}), "4", "expected a size from 1 on, found 0"},
        {header({2, 0}), "8", "expected a size from 1 on, found 0"},
        {header({0xffffffffu, 3}), "4", "expected sizes whose product is at most 2147483648, found 4294967295"},
        {header({0x10000, 0x10000}), "8", "expected sizes whose product is at most 2147483648, found 65536 x 65536"},
        {header({2, 3}), "12", "expected 6 bytes of data (2 x 3), found 0"},
        {header({2, 3}) + ramp(5), "12", "expected 6 bytes of data (2 x 3), found 5"},
        {good + Bytes{0}, "18", "expected the end of the file, found more bytes"},
    };
    const Folder folder;
    for (const Row& row : rows) {
        const std::string path = folder.write(row.content);
        CHECK(failure(path, {-1, -1}) == "[read_idx] " + path + ": at offset " + row.offset + ": " + row.what);
        folder.write(gzip(row.content));
        CHECK(failure(path, {-1, -1}) ==
              "[read_idx] " + path + ": at offset " + row.offset + " of the inflated content: " + row.what);
    }
    const std::string path = folder.write(good);
    CHECK(failure(path, {-1, -1}) == "no error");
    CHECK(failure(path, {2, 3}, 6) == "no error");
    CHECK(failure(path, {-1, 4}) == "[read_idx] " + path + ": at offset 8: expected size 4, found 3");
    CHECK(failure(path, {-1, -1}, 5).ends_with("expected sizes whose product is at most 5, found 2 x 3"));
    CHECK(failure(path, {-1}).ends_with("expected 1 dimensions, found 2"));
    CHECK_THROWS_AS(read_idx(path, {}), xgrad::ValueError);
    CHECK_THROWS_AS(read_idx(path, std::vector<std::int64_t>(256, -1)), xgrad::ValueError);
}

TEST_CASE("files that cannot be read") {
    const Folder folder;
    CHECK(failure(folder.path() + "/none", {-1}) ==
          "[read_idx] " + folder.path() + "/none: cannot be opened: No such file or directory");
    CHECK(failure(folder.path(), {-1}) == "[read_idx] " + folder.path() + ": cannot be read: Is a directory");
    const std::string path = folder.write(header({1}) + ramp(1));
    std::filesystem::permissions(path, std::filesystem::perms::none);
    if (::access(path.c_str(), R_OK) != 0) {  // root reads everything
        CHECK(failure(path, {-1}) == "[read_idx] " + path + ": cannot be opened: Permission denied");
    }
}

TEST_CASE("a gzip stream cut off anywhere") {
    const Folder folder;
    const Bytes whole = slurp(mnist("t10k-labels-idx1-ubyte.gz"));
    for (std::size_t n = 0; n < whole.size(); n += n < 40 ? 1 : 97) {
        CAPTURE(n);
        const std::string message =
            failure(folder.write(Bytes(whole.begin(), whole.begin() + static_cast<long>(n))), {-1});
        CHECK(message != "no error");
        if (n >= 2) {
            CHECK(message.ends_with("at offset " + std::to_string(n) +
                                    ": expected more of the gzip stream, found the end of the file"));
        }
    }
    for (std::size_t n = whole.size() - 10; n < whole.size(); ++n) {
        CAPTURE(n);
        CHECK(failure(folder.write(Bytes(whole.begin(), whole.begin() + static_cast<long>(n))), {-1}) != "no error");
    }
}

TEST_CASE("a damaged gzip stream is an error or does no harm") {
    const Folder folder;
    const Bytes whole = slurp(mnist("t10k-labels-idx1-ubyte.gz"));
    const Bytes expected = read_idx(mnist("t10k-labels-idx1-ubyte.gz"), {-1}).data;
    std::size_t harmless = 0;
    for (std::size_t i = 0; i < whole.size(); i += i < 40 || i + 20 > whole.size() ? 1 : 13) {
        CAPTURE(i);
        Bytes bytes = whole;
        bytes[i] ^= static_cast<std::uint8_t>(1 << i % 8);
        const std::string path = folder.write(bytes);
        if (failure(path, {-1}) == "no error") {
            CHECK(read_idx(path, {-1}).data == expected);
            ++harmless;
        }
    }
    CHECK(harmless < 40);  // the name, time and system that a gzip header may carry
    Bytes crc = whole;
    crc[crc.size() - 8] ^= 1;
    CHECK(
        failure(folder.write(crc), {-1}).ends_with("expected a valid gzip stream, found damage: incorrect data check"));
    CHECK(failure(folder.write(whole + Bytes{0, 0, 0}), {-1})
              .ends_with("expected the end of the file or a gzip member, found damage: incorrect header check"));
}

TEST_CASE("memory follows the bytes that arrive, not the header") {
    const auto peak_kib = [] {
        rusage usage{};
        ::getrusage(RUSAGE_SELF, &usage);
        return usage.ru_maxrss;
    };
    const Folder folder;
    const std::string path = folder.write(gzip(header({0x80000000u}) + ramp(100)));
    const long before = peak_kib();
    CHECK(failure(path, {-1}).ends_with("expected 2147483648 bytes of data (2147483648), found 100"));
    CHECK(peak_kib() - before < 64 * 1024);
}
