// A fault plan: a whole run as data. A cluster's options, timed operations, the instant at which
// faults stop, and what is expected. Equal plans give equal runs.
//
// Members 0 to n - 1 are there at the beginning (but for those in `without`, whose numbers stay
// theirs); operations `join` and `clone` add more under numbers from n on. Chance that belongs to
// one member or pair is its own, so that a member or an operation can be taken out without changing
// what happens to the others by chance: this is what makes shrinking work.
//
// Values; thread rule: none. chaos/plan/README.md is the format's description.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chaos/plan/operation.hpp"
#include "chaos/sim/cluster.hpp"
#include "detector/result.hpp"
#include "detector/timing.hpp"

namespace memberd::sim {

inline constexpr std::size_t kPlanMembersMax = 2'000;
inline constexpr std::size_t kPlanOperationsMax = 10'000;
inline constexpr Duration kPlanLengthMax = std::chrono::hours(48);

struct ZoneLink {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    Duration delay{};

    friend bool operator==(const ZoneLink&, const ZoneLink&) = default;
};

// What the network is like while nothing is wrong with it.
struct PlanNetwork {
    Duration delay = std::chrono::microseconds(250);
    Duration jitter = std::chrono::microseconds(50);  // mean of what comes on top
    std::uint64_t bytes_per_second = 0;               // 0: unlimited

    friend bool operator==(const PlanNetwork&, const PlanNetwork&) = default;
};

// What is promised beside safety and liveness, which always are.
struct Expectations {
    // Nobody who runs, and has not stood still for longer than the profile tolerates, is shown as
    // dead by anybody who could have talked to it.
    bool no_false_deaths = false;
    // Ends without checking that the cluster becomes whole: for plans that end in a state where it
    // can't.
    bool becomes_whole = true;

    friend bool operator==(const Expectations&, const Expectations&) = default;
};

// What the plan once broke, for the reader; a run doesn't look at it.
struct Finding {
    std::string commit;
    std::string invariant;
    std::string text;

    friend bool operator==(const Finding&, const Finding&) = default;
};

struct Plan {
    std::string comment;
    std::size_t n = 3;
    std::vector<Member> without;  // ascending
    std::uint64_t seed = 1;
    Mode mode = Mode::Memberd;
    TimingProfile profile = TimingProfile::Lan;
    Carrying carrying = Carrying::Stream;
    StartMode start = StartMode::Restored;
    std::size_t seed_count = 1;  // members 0, 1, ... are the seeds of all
    std::uint32_t zone_count = 1;
    PlanNetwork network;
    std::vector<ZoneLink> zone_links;
    std::map<std::string, double> timing;   // what differs from the profile, see timing_keys()
    std::map<Member, std::int32_t> drifts;  // of clocks, in parts in a million
    std::vector<Operation> operations;      // in the order of their times
    Duration faults_end = std::chrono::seconds(60);
    Expectations expect;
    Finding found;

    friend bool operator==(const Plan&, const Plan&) = default;
};

// One more than the greatest number of a member in the plan.
std::size_t member_count(const Plan& plan);

// Whether all numbers are within their limits and members exist; BadInput with a sentence if not.
Status check(const Plan& plan);

// The constants that a plan may change, with the unit in the name.
std::vector<std::string_view> timing_keys();
// BadInput if there is no such constant, or the value is outside its sane limits.
Status set_timing(Timing& timing, std::string_view key, double value);
// Requires a plan that check() accepts.
Timing timing_of(const Plan& plan);

ClusterOptions cluster_options(const Plan& plan);

}  // namespace memberd::sim
