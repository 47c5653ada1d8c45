#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <xgrad/nn/ordered_dict.h>

using namespace xgrad;

TEST_CASE("OrderedDict keeps the order of insertion") {
    OrderedDict<std::string, int> dict("Thing");
    CHECK(dict.is_empty());
    CHECK(dict.insert("b", 1) == 1);
    dict.insert("a", 2);
    dict.update({{"c", 3}, {"d", 4}});
    CHECK(dict.keys() == std::vector<std::string>{"b", "a", "c", "d"});
    CHECK(dict.values() == std::vector<int>{1, 2, 3, 4});
    CHECK(dict.pairs()[2] == std::pair<std::string, int>("c", 3));
    CHECK(dict.front().key() == "b");
    CHECK(dict.back().value() == 4);

    dict.erase("a");
    CHECK(dict.size() == 3);
    CHECK_FALSE(dict.contains("a"));
    CHECK(dict["d"] == 4);
    CHECK(dict[1].key() == "c");
    CHECK(dict.find("a") == nullptr);
    *dict.find("c") = 7;
    int sum = 0;
    for (const auto& item : dict) sum += *item;
    CHECK(sum == 1 + 7 + 4);

    CHECK_THROWS_WITH_AS(dict.insert("b", 0), "[OrderedDict] Thing 'b' already defined", ValueError);
    CHECK_THROWS_WITH_AS((void)dict["x"], "[OrderedDict] Thing 'x' is not defined", IndexError);
    CHECK_THROWS_AS((void)dict[3], IndexError);
    CHECK_THROWS_AS(dict.erase("x"), IndexError);
    dict.clear();
    CHECK_THROWS_AS((void)dict.back(), IndexError);
}
