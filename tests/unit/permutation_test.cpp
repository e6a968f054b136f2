#include "detector/permutation.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace memberd {
namespace {

bool is_bijection(std::uint32_t n, std::uint64_t key) {
    const Permutation order(n, key);
    std::vector<bool> seen(n, false);
    for (std::uint32_t i = 0; i < n; ++i) {
        const std::uint32_t value = order.at(i);
        if (value >= n || seen[value]) {
            return false;
        }
        seen[value] = true;
    }
    return true;
}

TEST(Permutation, VisitsEveryValueOnceForEverySmallSize) {
    for (std::uint32_t n = 0; n <= 300; ++n) {
        ASSERT_TRUE(is_bijection(n, 7 * n + 1)) << n;
    }
}

TEST(Permutation, VisitsEveryValueOnceAroundPowersOfTwoAndFour) {
    for (const std::uint32_t n :
         {1000U, 1023U, 1024U, 1025U, 4095U, 4096U, 4097U, 10000U, 65535U, 65536U, 65537U}) {
        ASSERT_TRUE(is_bijection(n, 42)) << n;
    }
}

TEST(Permutation, StaysInRangeForTheLargestSize) {
    const std::uint32_t n = 0xffffffffU;
    const Permutation order(n, 1);
    std::set<std::uint32_t> values;
    for (std::uint32_t i = 0; i < 1000; ++i) {
        values.insert(order.at(n - 1 - i));
    }
    EXPECT_EQ(values.size(), 1000U);
    EXPECT_LT(*values.rbegin(), n);
}

// A probe order is not on the wire, but equal seeds must give equal traces on every platform.
TEST(Permutation, IsTheSameOrderOnEveryPlatform) {
    const Permutation order(10, 12345);
    std::vector<std::uint32_t> values;
    for (std::uint32_t i = 0; i < order.size(); ++i) {
        values.push_back(order.at(i));
    }
    EXPECT_EQ(values, (std::vector<std::uint32_t>{4, 3, 8, 1, 5, 0, 2, 7, 6, 9}));
}

TEST(Permutation, PutsEveryValueFirstAboutEquallyOften) {
    for (const std::uint32_t n : {2U, 3U, 5U, 7U, 17U}) {
        std::vector<int> first(n, 0);
        for (std::uint64_t key = 0; key < 1000ULL * n; ++key) {
            ++first[Permutation(n, key).at(0)];
        }
        EXPECT_GT(*std::min_element(first.begin(), first.end()), 850) << n;
        EXPECT_LT(*std::max_element(first.begin(), first.end()), 1150) << n;
    }
}

TEST(Permutation, TakesEveryOneOfTheOrdersOfFour) {
    std::set<std::array<std::uint32_t, 4>> orders;
    for (std::uint64_t key = 0; key < 1000; ++key) {
        const Permutation order(4, key);
        orders.insert({order.at(0), order.at(1), order.at(2), order.at(3)});
    }
    EXPECT_EQ(orders.size(), 24U);
}

TEST(Permutation, ChangesWithTheKey) {
    const Permutation a(1000, 1);
    const Permutation b(1000, 2);
    int equal = 0;
    for (std::uint32_t i = 0; i < 1000; ++i) {
        equal += a.at(i) == b.at(i) ? 1 : 0;
    }
    EXPECT_LT(equal, 12);
}

TEST(PermutationDeathTest, HasNoPositionAtItsSize) {
    EXPECT_EQ(Permutation(1, 9).at(0), 0U);
    EXPECT_DEATH(static_cast<void>(Permutation(1, 9).at(1)), "no such position");
    EXPECT_DEATH(static_cast<void>(Permutation(0, 9).at(0)), "no such position");
}

}  // namespace
}  // namespace memberd
