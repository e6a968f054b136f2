// Every plan that once failed, run for ever.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "chaos/plan/execution.hpp"
#include "chaos/plan/plan_json.hpp"

namespace memberd::sim {
namespace {

std::vector<std::string> corpus() {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(MEMBERD_CORPUS)) {
        if (entry.path().extension() == ".json") {
            files.push_back(entry.path().string());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

std::string name_of(const ::testing::TestParamInfo<std::string>& info) {
    std::string name = std::filesystem::path(info.param).stem().string();
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
    return name;
}

class Corpus : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Plans, Corpus, ::testing::ValuesIn(corpus()), name_of);

TEST_P(Corpus, PassesAgain) {
    const Result<Plan> plan = read_plan(GetParam());
    ASSERT_TRUE(plan) << plan.error().text;
    EXPECT_FALSE(plan->comment.empty()) << "a kept plan says what it is kept for";

    const Outcome outcome = run_plan(*plan);

    EXPECT_TRUE(outcome.passed()) << outcome.failures.front().invariant << ": "
                                  << outcome.failures.front().text << "\nreplay: memsim replay "
                                  << GetParam();
}

TEST(CorpusFolder, IsNotEmpty) {
    EXPECT_GE(corpus().size(), 1U);
}

}  // namespace
}  // namespace memberd::sim
