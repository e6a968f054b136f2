#include "tests/conformance/support/rule.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

RigOptions in_mode(RigOptions options, Mode mode) {
    options.mode = mode;
    return options;
}

}  // namespace

std::string mode_name(const ::testing::TestParamInfo<Mode>& info) {
    return std::string(to_string(info.param));
}

Rule::Rule(int others, RigOptions options) : rig(in_mode(std::move(options), GetParam())) {
    rig.add_many(others);
    rig.run_for(1s);
    rig.forget_past();
}

Peer& Rule::p(int i) {
    return rig.peer((i < 10 ? "p0" : "p") + std::to_string(i));
}

Said Rule::death_of(const Peer& peer, std::uint32_t raised_by) {
    Said said = dead(peer, {"p04", "p05"});
    said.claim.incarnation += raised_by;
    return said;
}

Peer Rule::next_run_of(const Peer& peer) {
    Peer next = peer;
    next.profile.instance += 0x10000;
    ++next.generation;
    next.incarnation = 0;
    return next;
}

void Rule::make_a_suspect_of_p00() {
    p(0).answers = false;
    if (GetParam() == Mode::Memberd) {
        rig.hear_suspicion(p(1), {&p(0)}, 1ms);
    } else {
        rig.hear_gossip(p(1), {suspect(p(0), "p01")});
    }
    EXPECT_EQ(rig.state_of("p00"), MemberState::Suspect);
}

Claim Rule::held(std::string_view name) const {
    const auto view = rig.engine.find(name);
    EXPECT_TRUE(view) << "nobody is shown as " << name;
    return view ? view->claim : Claim{};
}

std::vector<Said> Rule::passed_on(const Peer& subject) const {
    std::vector<Said> found;
    for (const Sent& each : rig.sent) {
        if (each.reply_to != 0 || each.to == subject.profile.endpoint) {
            continue;
        }
        for (Said& said : each.updates()) {
            if (said.name == subject.profile.name) {
                found.push_back(std::move(said));
            }
        }
    }
    return found;
}

std::vector<SeenChange> Rule::changes_of(std::string_view name) const {
    std::vector<SeenChange> found;
    std::copy_if(rig.changes.begin(), rig.changes.end(), std::back_inserter(found),
                 [name](const SeenChange& change) { return change.name == name; });
    return found;
}

}  // namespace memberd::tests
