// The account of a run that `memsim replay --log` prints.
#include "chaos/sim/call_log.hpp"

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "chaos/plan/execution.hpp"
#include "chaos/sim/world.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

class CallLogOfAPlan : public ::testing::Test {
  protected:
    CallLogOfAPlan() {
        plan.n = 3;
        plan.faults_end = 5s;
        Operation kill;
        kill.kind = OperationKind::Kill;
        kill.at = 1s;
        kill.member = 2;
        plan.operations.push_back(kill);
    }

    std::vector<std::string> lines(CallLogChoice choice) const {
        const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), &std::fclose);
        choice.file = file.get();
        EXPECT_TRUE(run_plan(plan, &choice).passed());
        std::rewind(file.get());
        std::vector<std::string> all;
        std::string line;
        for (int c = std::fgetc(file.get()); c != EOF; c = std::fgetc(file.get())) {
            if (c == '\n') {
                all.push_back(std::exchange(line, {}));
            } else {
                line += static_cast<char>(c);
            }
        }
        return all;
    }

    static std::size_t count(const std::vector<std::string>& lines, const std::string& part) {
        std::size_t found = 0;
        for (const std::string& line : lines) {
            found += line.find(part) != std::string::npos ? 1U : 0U;
        }
        return found;
    }

    Plan plan;
};

TEST_F(CallLogOfAPlan, TellsWhatWasHeardSaidAndChanged) {
    const auto all = lines({});
    EXPECT_GT(count(all, "hears ping"), 0U);
    EXPECT_GT(count(all, "answers ack"), 0U);
    EXPECT_GT(count(all, "says suspicion: m0002"), 0U);
    EXPECT_EQ(count(all, "m0002 suspect -> dead"), 2U);
}

TEST_F(CallLogOfAPlan, TellsOnlyOfTheChosenMembersAndTimes) {
    CallLogChoice choice;
    choice.names = {"m0001"};
    choice.from = kBeginning + 2s;
    choice.until = kBeginning + 4s;
    const auto some = lines(choice);
    ASSERT_FALSE(some.empty());
    EXPECT_LT(some.size(), lines({}).size());
    for (const std::string& line : some) {
        EXPECT_EQ(line.substr(10, 5), "m0001") << line;
        const double at = std::stod(line);
        EXPECT_GE(at, 2.0);
        EXPECT_LT(at, 4.0);
    }
}

TEST_F(CallLogOfAPlan, ChangesNothing) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), &std::fclose);
    CallLogChoice choice;
    choice.file = file.get();
    EXPECT_EQ(run_plan(plan, &choice), run_plan(plan));
}

}  // namespace
}  // namespace memberd::sim
