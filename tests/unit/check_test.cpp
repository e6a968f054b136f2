#include "detector/check.hpp"

#include <string>

#include <gtest/gtest.h>

namespace memberd {
namespace {

TEST(Check, ATrueConditionEvaluatesNoMessage) {
    int built = 0;
    const auto message = [&built] {
        ++built;
        return std::string("never");
    };
    MEMBERD_CHECK(1 + 1 == 2, message());
    EXPECT_EQ(built, 0);
}

TEST(CheckDeathTest, AFalseConditionNamesFileLineConditionAndMessage) {
    const int answer = 41;
    EXPECT_DEATH(MEMBERD_CHECK(answer == 42, "answer is " + std::to_string(answer)),
                 "check_test\\.cpp:[0-9]+: check failed: answer == 42: answer is 41\n");
}

TEST(CheckDeathTest, AMessageWithoutEndIsCutButStillEndsTheLine) {
    EXPECT_DEATH(MEMBERD_CHECK(false, std::string(100000, 'x')), "check failed: false: x+\n");
}

}  // namespace
}  // namespace memberd
