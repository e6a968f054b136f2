// The exhaustive mode: what it enumerates, that merging loses nothing, and that it finds engines
// that break a rule. The depths are those that a debug build does in seconds; `memsim exhaust` goes
// further.
#include <map>
#include <ostream>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "chaos/exhaust/explorer.hpp"
#include "chaos/exhaust/path.hpp"
#include "detector/random.hpp"

namespace memberd::sim {
namespace {

struct ExhaustCase {
    std::size_t n = 2;
    Mode mode = Mode::Memberd;
    StartKind start = StartKind::Joined;
    unsigned depth = 4;

    friend std::ostream& operator<<(std::ostream& stream, const ExhaustCase& of) {
        return stream << "n " << of.n << ", " << to_string(of.mode) << ", " << to_string(of.start);
    }
};

ExhaustOptions exhaust_options_of(const ExhaustCase& of) {
    ExhaustOptions options;
    options.n = of.n;
    options.depth = of.depth;
    options.engine.mode = of.mode;
    options.start = of.start;
    return options;
}

std::string exhaust_case_name(const ::testing::TestParamInfo<ExhaustCase>& info) {
    return std::string(to_string(info.param.mode)) + "_n" + std::to_string(info.param.n) + "_" +
           std::string(to_string(info.param.start));
}

std::vector<ExhaustCase> all_cases() {
    std::vector<ExhaustCase> cases;
    for (const Mode mode : {Mode::Memberd, Mode::Swim, Mode::Lifeguard}) {
        for (const StartKind start : start_kinds()) {
            const bool is_quiet = start == StartKind::Apart || start == StartKind::Joined;
            cases.push_back({2, mode, start, is_quiet ? 4U : 3U});
            if (mode != Mode::Swim) {
                cases.push_back({3, mode, start, is_quiet ? 3U : 2U});
            }
        }
    }
    return cases;
}

// The breach and the line that shows it again, or nothing.
std::string breach_of(const ExhaustOptions& options) {
    Explorer explorer(options);
    while (explorer.deepen()) {
    }
    if (!explorer.breach()) {
        return explorer.is_cut_short() ? "cut short" : "";
    }
    return explorer.breach()->violation.invariant + ": " + explorer.breach()->violation.text +
           "; --path " + to_string(explorer.breach()->path);
}

class Exhaust : public ::testing::TestWithParam<ExhaustCase> {};

TEST_P(Exhaust, NoInterleavingBreaksAnInvariant) {
    EXPECT_EQ(breach_of(exhaust_options_of(GetParam())), "") << GetParam();
}

INSTANTIATE_TEST_SUITE_P(Cases, Exhaust, ::testing::ValuesIn(all_cases()), exhaust_case_name);

// Every sequence of steps for itself, without merging.
void walk(Explorer& explorer,
          const ClusterState& state,
          unsigned steps,
          std::map<ClusterState, std::uint64_t>& reached) {
    if (steps == 0) {
        ++reached[state];
        return;
    }
    for (const Action& action : explorer.actions(state)) {
        ClusterState next = state;
        explorer.take(action, next);
        walk(explorer, next, steps - 1, reached);
    }
}

TEST(ExhaustMerging, StatesAndWaysAreThoseOfAllSequencesOneByOne) {
    for (const StartKind start : start_kinds()) {
        const ExhaustCase of{2, Mode::Memberd, start, 3};
        Explorer explorer(exhaust_options_of(of));
        while (explorer.deepen()) {
        }
        std::map<ClusterState, std::uint64_t> reached;
        walk(explorer, explorer.start(), of.depth, reached);

        std::map<ClusterState, std::uint64_t> merged;
        for (const Layer::Entry& entry : explorer.layer().entries()) {
            merged[entry.state] = entry.ways;
        }
        EXPECT_EQ(merged, reached) << of;
        EXPECT_LT(merged.size(), explorer.layers().back().ways) << "nothing was merged";
    }
}

// Fails a check where engines that are told the steps once, one after the other, do anything else
// than what the explorer keeps of the histories.
TEST(ExhaustPath, ProcessesDoAlongAPathWhatTheirHistoriesSay) {
    for (const ExhaustCase& of : all_cases()) {
        ExhaustCase longer = of;
        longer.depth = 10;
        Explorer explorer(exhaust_options_of(longer));
        Random random(of.n);
        for (int walk = 0; walk < 2; ++walk) {
            std::vector<std::uint32_t> path;
            ClusterState state = explorer.start();
            for (unsigned step = 0; step < longer.depth; ++step) {
                const std::vector<Action> actions = explorer.actions(state);
                path.push_back(static_cast<std::uint32_t>(random.below(actions.size())));
                EXPECT_FALSE(explorer.take(actions[path.back()], state)) << to_string(path);
            }
            const auto outcome = replay_path(explorer, path, nullptr);
            ASSERT_TRUE(outcome);
            EXPECT_FALSE(outcome->violation) << of << ": --path " << to_string(path);
        }
    }
}

// --- What is enumerated ---

std::set<InputKind> kinds_of(const std::vector<Action>& actions) {
    std::set<InputKind> kinds;
    for (const Action& action : actions) {
        kinds.insert(action.input.kind);
    }
    return kinds;
}

// Takes the first action of that kind; fails the test if there is none.
void take_first(Explorer& explorer, ClusterState& state, InputKind kind, ProcessId process) {
    for (const Action& action : explorer.actions(state)) {
        if (action.input.kind == kind && action.process == process) {
            explorer.take(action, state);
            return;
        }
    }
    FAIL() << "no such action";
}

std::size_t deliveries(const Explorer& explorer, const ClusterState& state, ProcessId to) {
    std::size_t count = 0;
    for (const Action& action : explorer.actions(state)) {
        count += action.input.kind == InputKind::Deliver && action.process == to ? 1U : 0U;
    }
    return count;
}

TEST(ExhaustActions, AMessageIsDeliveredInAnyOrderAsOftenAsThereAreCopies) {
    ExhaustOptions options = exhaust_options_of({2, Mode::Memberd, StartKind::Apart, 6});
    options.copies = 2;
    Explorer explorer(options);
    ClusterState state = explorer.start();
    ASSERT_EQ(deliveries(explorer, state, 0), 1U);  // the join

    take_first(explorer, state, InputKind::Deliver, 0);
    EXPECT_EQ(deliveries(explorer, state, 0), 1U);
    EXPECT_GE(deliveries(explorer, state, 1), 1U);     // the welcome
    take_first(explorer, state, InputKind::Timer, 0);  // The duplicate comes late.
    take_first(explorer, state, InputKind::Deliver, 0);

    const std::set<HistoryId> before(state.begin(), state.end());
    for (const Action& action : explorer.actions(state)) {
        const bool is_the_join = action.input.kind == InputKind::Deliver && action.process == 0 &&
                                 action.input.message == 0;
        EXPECT_FALSE(is_the_join) << "a third time";
    }
}

TEST(ExhaustActions, WhoCrashedIsRefusedAndRestartsAndHearsOldRequestsButNoOldAnswers) {
    Explorer explorer(exhaust_options_of({2, Mode::Memberd, StartKind::Joined, 8}));
    ClusterState state = explorer.start();
    EXPECT_EQ(kinds_of(explorer.actions(state)),
              (std::set<InputKind>{InputKind::Timer, InputKind::Crash}));
    while (deliveries(explorer, state, 1) == 0) {
        take_first(explorer, state, InputKind::Timer, 0);
    }
    take_first(explorer, state, InputKind::Crash, 1);
    EXPECT_EQ(kinds_of(explorer.actions(state)),
              (std::set<InputKind>{InputKind::Timer, InputKind::Crash, InputKind::Start,
                                   InputKind::Refuse}));
    take_first(explorer, state, InputKind::Start, 1);
    EXPECT_GE(deliveries(explorer, state, 1), 1U);
    EXPECT_EQ(explorer.histories()[state[1]].effects.run, 2U);

    // An answer belongs to the run that asked.
    take_first(explorer, state, InputKind::Deliver, 0);
    const std::size_t answers = deliveries(explorer, state, 1);
    take_first(explorer, state, InputKind::Crash, 1);
    take_first(explorer, state, InputKind::Start, 1);
    EXPECT_LT(deliveries(explorer, state, 1), answers);
}

TEST(ExhaustActions, EveryStartReachesWhatItIsFor) {
    const auto marks = [](StartKind start) {
        ExhaustOptions options = exhaust_options_of({3, Mode::Memberd, start, 3});
        options.copies = 1;
        options.crashes = 0;
        Explorer explorer(options);
        while (explorer.deepen()) {
        }
        unsigned reached = 0;
        for (std::size_t i = 0; i < kMarkCount; ++i) {
            reached |= explorer.histories().mark_counts().at(i) > 0 ? 1U << i : 0U;
        }
        return reached;
    };
    const unsigned at_the_brink = marks(StartKind::Silent);
    EXPECT_TRUE(at_the_brink & kDeclares);
    EXPECT_TRUE(at_the_brink & kBelieves);
    EXPECT_TRUE(at_the_brink & kRefutes);
    const unsigned buried = marks(StartKind::Buried);
    EXPECT_TRUE(buried & kRefutes);
    EXPECT_TRUE(buried & kTakesBack);
}

// --- Engines that break a rule ---

TEST(ExhaustFinds, AMemberThatDeclaresTooSoon) {
    ExhaustOptions options = exhaust_options_of({3, Mode::Memberd, StartKind::Silent, 3});
    options.broken_timing = options.engine.timing;
    options.broken_timing->silence_min /= 2;
    EXPECT_EQ(breach_of(options).substr(0, 2), "I5");
}

TEST(ExhaustFinds, AMemberThatNeedsNoSecondAccuser) {
    ExhaustOptions options = exhaust_options_of({3, Mode::Memberd, StartKind::Unheard, 3});
    options.broken_timing = options.engine.timing;
    options.broken_timing->accuser_count = 1;
    EXPECT_EQ(breach_of(options).substr(0, 2), "I5");
}

TEST(ExhaustFinds, ABaselineThatSuspectsTooBriefly) {
    for (const Mode mode : {Mode::Swim, Mode::Lifeguard}) {
        ExhaustOptions options = exhaust_options_of({2, mode, StartKind::Silent, 3});
        options.broken_timing = options.engine.timing;
        options.broken_timing->baseline.alpha /= 2;
        EXPECT_EQ(breach_of(options).substr(0, 2), "I5") << to_string(mode);
    }
}

// What m0 holds of m1, first and then.
std::vector<std::string> broken_by(const Claim& first, const Claim& then) {
    const Facts facts(2, {}, 1, 1);
    const Instant now{std::chrono::seconds(1000)};
    ViewChecker checker(facts, 0);
    checker.began();
    Violations violations;
    for (Claim claim : {first, then}) {
        ProfilePool pool;
        Output out;
        const auto other = facts.engine(1, 1, 1, pool, now);
        const auto engine = facts.engine(0, 1, 1, pool, now);
        MemberView shown = other->self();
        claim.instance = shown.claim.instance;
        shown.claim = claim;
        engine->restore(now, std::vector<MemberView>{shown}, out);
        checker.judge(now, *engine, violations);
    }
    std::vector<std::string> invariants;
    for (const Violation& violation : violations.list()) {
        invariants.push_back(violation.invariant);
    }
    return invariants;
}

TEST(ViewChecker, BlamesARecordThatGoesBackAndNoOther) {
    using Found = std::vector<std::string>;
    const auto claim = [](std::uint64_t generation, std::uint32_t incarnation, MemberState state) {
        return Claim{0, generation, incarnation, state};
    };
    const MemberState alive = MemberState::Alive;
    const MemberState dead = MemberState::Dead;

    EXPECT_EQ(broken_by(claim(2, 3, alive), claim(2, 2, alive)), Found{"I2"});
    EXPECT_EQ(broken_by(claim(2, 3, alive), claim(1, 9, alive)), Found{"I2"});
    EXPECT_EQ(broken_by(claim(2, 3, dead), claim(2, 3, alive)), (Found{"I2", "I3"}));
    EXPECT_EQ(broken_by(claim(2, 3, alive), claim(2, 3, dead)), Found{});
    EXPECT_EQ(broken_by(claim(2, 3, dead), claim(2, 4, alive)), Found{});
    EXPECT_EQ(broken_by(claim(2, 3, dead), claim(3, 0, alive)), Found{});
}

TEST(ExhaustPath, ThatIsNoPathIsRefused) {
    EXPECT_FALSE(parse_path("1,,2"));
    EXPECT_FALSE(parse_path("1,"));
    EXPECT_FALSE(parse_path("a"));
    EXPECT_EQ(*parse_path("3,0,12"), (std::vector<std::uint32_t>{3, 0, 12}));

    Explorer explorer(exhaust_options_of({2, Mode::Memberd, StartKind::Apart, 2}));
    EXPECT_FALSE(replay_path(explorer, {99}, nullptr));
}

}  // namespace
}  // namespace memberd::sim
