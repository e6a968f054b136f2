#include "detector/check.hpp"

#include <string>

#include <gtest/gtest.h>

namespace memberd {
namespace {

std::string count_and_say(int& built) {
    ++built;
    return "never";
}

TEST(Check, ATrueConditionEvaluatesNoMessage) {
    int built = 0;
    MEMBERD_CHECK(1 + 1 == 2, count_and_say(built));
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
