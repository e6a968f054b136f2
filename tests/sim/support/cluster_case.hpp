// What the cluster tests have in common: modes and sizes as parameters, seeds, and the line that
// replays a test.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "chaos/sim/cluster.hpp"

namespace memberd::sim {

struct ClusterCase {
    Mode mode = Mode::Memberd;
    std::size_t n = 3;

    friend std::ostream& operator<<(std::ostream& stream, const ClusterCase& of) {
        return stream << to_string(of.mode) << ", n " << of.n;
    }
};

// Every mode with every size; or one mode.
std::vector<ClusterCase> cases_of(const std::vector<std::size_t>& sizes);
std::vector<ClusterCase> cases_of(Mode mode, const std::vector<std::size_t>& sizes);
std::string case_name(const ::testing::TestParamInfo<ClusterCase>& info);

// Prints the seed, 1 unless --gtest_random_seed gives another, and how to see this test again.
ClusterOptions options_of(const ClusterCase& of);

// How long after a crash everybody says dead, at most: generous, what counts is that it ends.
Duration detection_limit(const ClusterCase& of);

// How long after a heal everybody sees everybody, at most. The baselines' suspicions live for long,
// and who is wrong about whom learns it by chance or with the next exchange of tables.
Duration heal_limit(const ClusterCase& of);

// Runs until everybody sees everybody, for so long at most; whether they do.
bool sees_all(Cluster& cluster, Duration within);

// No invariant was broken; says which one and how to see it again.
void expect_sound(const Cluster& cluster);

}  // namespace memberd::sim
