#include <doctest/doctest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <xgrad/autograd/archive.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>

using namespace xgrad;
using serialize::InputArchive;
using serialize::OutputArchive;

namespace {

OutputArchive sample() {
    OutputArchive inner, archive;
    inner.write("weight", tensor({{1.5, 2.}, {3., -4.}}, requires_grad()));
    inner.write("rate", 0.25);
    archive.write("a", tensor({1, 2, 3}).slice(0, 0, 3, 2));
    archive.write("empty", zeros({0, 3}, kFloat64));
    archive.write("flags", tensor({true, false}));
    archive.write("inner", inner);
    archive.write("list", std::vector<std::int64_t>{5, -6});
    archive.write("name", "text");
    archive.write("none", Tensor());
    archive.write("on", true);
    archive.write("reals", std::vector<double>{0.5});
    archive.write("scalar", tensor(2.5));
    archive.write("steps", 7);
    return archive;
}

std::string bytes_of(const OutputArchive& archive) {
    std::ostringstream out;
    archive.save_to(out);
    return out.str();
}

std::uint32_t crc32(const std::string& bytes) {
    std::uint32_t crc = ~0u;
    for (const char c : bytes) {
        crc ^= static_cast<unsigned char>(c);
        for (int i = 0; i < 8; ++i) crc = (crc >> 1) ^ (crc & 1 ? 0xEDB88320u : 0u);
    }
    return ~crc;
}

/// The checksum made to fit again.
std::string sealed(std::string bytes) {
    bytes.resize(bytes.size() - 4);
    const std::uint32_t sum = crc32(bytes);
    bytes.append(reinterpret_cast<const char*>(&sum), 4);
    return bytes;
}

template <class F>
std::string message_of(F&& f) {
    try {
        f();
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing was thrown";
}

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("what was written is read") {
    const std::string bytes = bytes_of(sample());
    InputArchive archive;
    archive.load_from(bytes.data(), bytes.size());
    CHECK(archive.keys() == std::vector<std::string>{"a", "empty", "flags", "inner", "list", "name", "none", "on",
                                                     "reals", "scalar", "steps"});
    const auto tensor_at = [](const InputArchive& from, const char* key) {
        Tensor out;
        from.read(key, out);
        return out;
    };
    CHECK(tensor_at(archive, "a").equal(tensor({1, 3})));
    CHECK(tensor_at(archive, "empty").sizes() == IntArrayRef({0, 3}));
    CHECK(tensor_at(archive, "flags").equal(tensor({true, false})));
    CHECK(tensor_at(archive, "scalar").dim() == 0);
    CHECK(!tensor_at(archive, "none").defined());
    IValue value;
    archive.read("list", value);
    CHECK(value.toIntVector() == std::vector<std::int64_t>{5, -6});
    archive.read("name", value);
    CHECK(value.toStringRef() == "text");
    archive.read("on", value);
    CHECK(value.toBool());
    archive.read("reals", value);
    CHECK(value.toDoubleVector() == std::vector<double>{0.5});
    archive.read("steps", value);
    CHECK(value.toInt() == 7);

    InputArchive inner;
    archive.read("inner", inner);
    CHECK(inner.keys() == std::vector<std::string>{"rate", "weight"});
    const Tensor weight = tensor_at(inner, "weight");
    CHECK(weight.requires_grad());
    CHECK(weight.equal(tensor({{1.5, 2.}, {3., -4.}})));
    Tensor kept = zeros({1});
    const Tensor handle = kept;
    inner.read("weight", kept);
    CHECK(handle.equal(weight));

    CHECK(!archive.try_read("missing", value));
    CHECK(!archive.try_read("inner", value));
    CHECK(archive.try_read("a", value));
    CHECK(value.toTensor().equal(tensor({1, 3})));
    CHECK(message_of([&] { inner.read("missing", kept); }) == "[read] there is no such entry 'inner.missing'");
}

TEST_CASE("tensors and lists by save and load") {
    std::stringstream stream;
    const TensorList list{ones({2}), tensor({3, 4})};
    save(list, stream);
    TensorList loaded{zeros({7})};
    load(loaded, stream);
    REQUIRE(loaded.size() == 2);
    CHECK(loaded[1].equal(list[1]));

    const auto folder = std::filesystem::temp_directory_path() / "xgrad_archive_test";
    std::filesystem::create_directories(folder);
    const std::string file = (folder / "x.xg").string();
    save(ones({3}), file);
    save(full({3}, 2.0), file);
    Tensor x;
    load(x, file);
    CHECK(x.equal(full({3}, 2.0)));
    CHECK(std::distance(std::filesystem::directory_iterator(folder), {}) == 1);
    CHECK_THROWS_AS(load(x, (folder / "none").string()), FileError);
    CHECK_THROWS_AS(save(x, (folder / "no" / "folder").string()), FileError);
    std::filesystem::remove_all(folder);
}

TEST_CASE("misuse") {
    OutputArchive archive;
    archive.write("x", 1);
    CHECK_THROWS_WITH_AS(archive.write("x", ones({1})), doctest::Contains("'x' is there already"), ValueError);
    CHECK_THROWS_AS(archive.write("", 1), ValueError);
    CHECK_THROWS_AS(archive.write("none", IValue()), DtypeError);
    CHECK_THROWS_AS(archive.write("tensors", IValue(TensorList{})), DtypeError);
    CHECK_THROWS_AS(archive.save_to([](const void*, std::size_t n) { return n - 1; }), FileError);
    std::ostringstream broken;
    broken.setstate(std::ios::badbit);
    CHECK_THROWS_AS(archive.save_to(broken), FileError);
}

TEST_CASE("a file that was cut off or changed anywhere is refused, and nothing is read") {
    const std::string bytes = bytes_of(sample());
    InputArchive archive;
    archive.load_from(bytes.data(), bytes.size());
    for (std::size_t n = 0; n < bytes.size(); ++n) CHECK_THROWS_AS(archive.load_from(bytes.data(), n), FileError);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        std::string changed = bytes;
        changed[i] = static_cast<char>(changed[i] ^ 0x21);
        CHECK_THROWS_AS(archive.load_from(changed.data(), changed.size()), FileError);
    }
    CHECK(archive.keys().size() == 11);
}

TEST_CASE("bytes with a fitting checksum give an archive or an error with the place") {
    const std::string bytes = bytes_of(sample());
    int refused = 0;
    for (std::size_t i = 8; i + 4 < bytes.size(); ++i)
        for (const int change : {0x01, 0x7f, 0x80, 0xff}) {
            std::string changed = bytes;
            changed[i] = static_cast<char>(changed[i] ^ change);
            changed = sealed(std::move(changed));
            InputArchive archive;
            try {
                archive.load_from(changed.data(), changed.size());
                for (const std::string& key : archive.keys()) {
                    Tensor x;
                    if (archive.try_read(key, x) && x.defined()) x.sum();
                }
            } catch (const FileError& error) {
                CHECK(contains(error.what(), "offset"));
                ++refused;
            }
        }
    CHECK(refused > 100);

    struct Case {
        std::string content;
        const char* message;
    };
    const auto entry = [](int kind, const std::string& rest) {
        return std::string("XGRADAR1") + static_cast<char>(kind) + std::string("\1\0\0\0k", 5) + rest +
               std::string(5, '\0');
    };
    const std::string huge(8, '\x7f'), one("\1\0\0\0\0\0\0\0", 8), minus(8, '\xff');
    const Case cases[] = {
        {entry(9, ""), "there is no kind 9"},
        {entry(1, std::string("\7\0\0\0\0\0", 6)), "there is no dtype 7"},
        {entry(1, std::string("\4\3", 2)), "there are no flags 3"},
        {entry(1, std::string("\3\1", 2)), "requires no grad"},
        {entry(1, std::string("\4\0\x7f\0\0\0", 6)), "at most 64 dimensions, got 127"},
        {entry(1, std::string("\4\0\1\0\0\0", 6) + minus), "offset 28"},
        {entry(1, std::string("\4\0\1\0\0\0", 6) + huge), "offset 28"},
        {entry(1, std::string("\4\0\2\0\0\0", 6) + one + std::string("\0\0\0\0\1\0\0\0", 8)), "bytes of elements"},
        {entry(1, std::string("\0\0\1\0\0\0", 6) + one + "\2"), "expected elements of 0 or 1"},
        {entry(4, "\2"), "expected a Bool of 0 or 1, got 2"},
        {entry(5, huge), "bytes of a String"},
        {entry(6, huge), "elements of an IntList"},
        {std::string("XGRADAR1") + std::string("\2\0\0\0\0", 5) + one + std::string(5, '\0'), "at least one character"},
        {std::string("XGRADAR1") + '\0' + "more" + std::string(4, '\0'), "expected nothing after the end"},
        {std::string("XGRADAR1") + std::string("\2\xff\xff\xff\xff", 5) + std::string(5, '\0'), "bytes of a key"},
    };
    for (const Case& c : cases) {
        const std::string file = sealed(c.content);
        const std::string message = message_of([&] { InputArchive().load_from(file.data(), file.size()); });
        CHECK_MESSAGE(contains(message, c.message), message);
    }
}
