// What the tests of single rules share: one engine in each mode for which the rule holds, and
// peers that the test plays.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "gossip/engine.hpp"
#include "tests/unit/support/engine_rig.hpp"

namespace memberd::tests {
// Not constexpr, so no k to the linter. NOLINTNEXTLINE(readability-identifier-naming)
inline const auto kAllModes = ::testing::Values(Mode::Swim, Mode::Lifeguard, Mode::Memberd);
// Where a suspicion is a claim. NOLINTNEXTLINE(readability-identifier-naming)
inline const auto kSuspicionIsClaim = ::testing::Values(Mode::Swim, Mode::Lifeguard);

std::string mode_name(const ::testing::TestParamInfo<Mode>& info);

// The engine `self` and known peers p00, p01 ..., which answer its pings. The first second is over
// and forgotten.
class Rule : public ::testing::TestWithParam<Mode> {
  protected:
    explicit Rule(int others = 6, RigOptions options = {});

    Peer& p(int i);

    // A death that is believed in every mode: by gossip, with two accusers that live. Requires that
    // the accused is neither p04 nor p05.
    [[nodiscard]] static Said death_of(const Peer& peer, std::uint32_t raised_by = 0);
    // The next run of the peer's name: another instance and the next generation, at incarnation 0.
    [[nodiscard]] static Peer next_run_of(const Peer& peer);

    // By p01, as the mode says it: as a claim or as evidence. p00 answers no more.
    void make_a_suspect_of_p00();

    // The member as the engine holds it; the test fails without one.
    [[nodiscard]] Claim held(std::string_view name) const;
    // What was said of it, unasked, to anybody but itself.
    [[nodiscard]] std::vector<Said> passed_on(const Peer& subject) const;
    // Changes of this member since the past was forgotten.
    [[nodiscard]] std::vector<SeenChange> changes_of(std::string_view name) const;

    EngineRig rig;
};

}  // namespace memberd::tests
