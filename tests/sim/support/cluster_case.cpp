#include "tests/sim/support/cluster_case.hpp"

#include <algorithm>
#include <cerrno>  // program_invocation_short_name
#include <cmath>
#include <cstdio>

namespace memberd::sim {

using namespace std::chrono_literals;

std::vector<ClusterCase> cases_of(const std::vector<std::size_t>& sizes) {
    std::vector<ClusterCase> cases;
    for (const Mode mode : {Mode::Swim, Mode::Lifeguard, Mode::Memberd}) {
        for (const ClusterCase& of : cases_of(mode, sizes)) {
            cases.push_back(of);
        }
    }
    return cases;
}

std::vector<ClusterCase> cases_of(Mode mode, const std::vector<std::size_t>& sizes) {
    std::vector<ClusterCase> cases;
    for (const std::size_t n : sizes) {
        cases.push_back({mode, n});
    }
    return cases;
}

std::string case_name(const ::testing::TestParamInfo<ClusterCase>& info) {
    return std::string(to_string(info.param.mode)) + std::to_string(info.param.n);
}

ClusterOptions options_of(const ClusterCase& of) {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    const auto wanted = GTEST_FLAG_GET(random_seed);
    ClusterOptions options;
    options.mode = of.mode;
    options.n = of.n;
    options.seed = wanted > 0 ? static_cast<std::uint64_t>(wanted) : 1;
    options.replay = std::string("build/dev/bin/") + program_invocation_short_name +
                     " --gtest_filter=" + test->test_suite_name() + "." + test->name() +
                     " --gtest_random_seed=" + std::to_string(options.seed);
    std::printf("seed %s; replay: %s\n", std::to_string(options.seed).c_str(),
                options.replay.c_str());
    return options;
}

Duration detection_limit(const ClusterCase& of) {
    const double size = std::max(1.0, std::log10(static_cast<double>(of.n)));
    switch (of.mode) {
        case Mode::Swim:
            return from_seconds(10.0 + 8.0 * size);
        case Mode::Lifeguard:
            // Few members confirm little: the timer may run to beta times its minimum.
            return from_seconds(15.0 + 30.0 * size);
        case Mode::Memberd:
            // Two members can't ask a third: silence alone must last 10 s.
            return of.n <= 2 ? 20s : 8s;
    }
    return 0s;
}

Duration heal_limit(const ClusterCase& of) {
    return of.mode == Mode::Memberd ? 5s : 90s;
}

bool sees_all(Cluster& cluster, Duration within) {
    return cluster.run_until([&] { return cluster.all_see_all(); }, within);
}

void expect_sound(const Cluster& cluster) {
    EXPECT_TRUE(cluster.violations().empty()) << cluster.explain();
}

}  // namespace memberd::sim
