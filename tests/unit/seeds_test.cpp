#include "membership/seeds.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/support/start.hpp"

namespace memberd {
namespace {

using namespace std::chrono_literals;

Endpoint at(const char* text) {
    return *parse_endpoint(text);
}

TEST(Seeds, NumericOnesAreKnownAtOnceAndNamesAreAskedForAgainAndAgain) {
    const std::vector<HostPort> configured{{"127.0.0.1", 1}, {"seed.example", 2}, {"::1", 3}};
    Seeds seeds(kStart, configured, {at("127.0.0.1:9")});

    EXPECT_EQ(seeds.addresses(),
              (std::vector<Endpoint>{at("127.0.0.1:1"), at("[::1]:3"), at("127.0.0.1:9")}));
    EXPECT_EQ(seeds.due(kStart).size(), 1U);
    EXPECT_TRUE(seeds.due(kStart + 4s).empty());
    EXPECT_EQ(seeds.due(kStart + 5s).size(), 1U);
    EXPECT_EQ(seeds.due(kStart + 2min).size(), 1U);
    EXPECT_EQ(seeds.next_deadline(), kStart + 2min + 30s);
}

TEST(Seeds, AFailedResolutionKeepsWhatWasKnown) {
    const std::vector<HostPort> configured{{"seed.example", 2}};
    Seeds seeds(kStart, configured, {});
    EXPECT_FALSE(seeds.all_asked());

    EXPECT_TRUE(seeds.resolved(configured[0], std::vector<Endpoint>{at("10.0.0.1:2")}));
    EXPECT_FALSE(seeds.resolved(configured[0], std::vector<Endpoint>{at("10.0.0.1:2")}));
    EXPECT_FALSE(seeds.resolved(configured[0], Error{ErrorCode::System, "no answer"}));

    EXPECT_EQ(seeds.addresses(), (std::vector<Endpoint>{at("10.0.0.1:2")}));
    EXPECT_EQ(seeds.seeds()[0].error, "no answer");
    EXPECT_TRUE(seeds.all_asked());
}

TEST(Seeds, NothingIsDueWithoutNames) {
    Seeds seeds(kStart, std::vector<HostPort>{{"127.0.0.1", 1}}, {});
    EXPECT_EQ(seeds.next_deadline(), kNever);
    EXPECT_TRUE(seeds.due(kStart).empty());

    seeds.add(kStart + 1s, std::vector<HostPort>{{"late.example", 1}, {"127.0.0.1", 1}});

    EXPECT_EQ(seeds.seeds().size(), 2U);
    EXPECT_EQ(seeds.next_deadline(), kStart + 1s);
}

TEST(Seeds, AReplacementKeepsWhatStays) {
    const std::vector<HostPort> before{{"a.example", 1}, {"127.0.0.1", 2}};
    Seeds seeds(kStart, before, {});
    seeds.resolved(before[0], std::vector<Endpoint>{at("10.0.0.1:1")});

    seeds.replace(kStart, std::vector<HostPort>{{"a.example", 1}, {"127.0.0.1", 3}});

    EXPECT_EQ(seeds.addresses(), (std::vector<Endpoint>{at("10.0.0.1:1"), at("127.0.0.1:3")}));
}

}  // namespace
}  // namespace memberd
