// What an engine says of its flight recorder to who asks, and whom it asks.
#include "gossip/evidence_exchange.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "tests/unit/support/engine_rig.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

constexpr ReplyToken kToken = 91;

class EvidenceCase : public ::testing::Test {
  protected:
    EvidenceCase() {
        rig.add_many(30);
        rig.run_for(30s);
        rig.forget_past();
    }

    // Entries of the only answer that went out since.
    [[nodiscard]] std::vector<EvidenceItem> answered_items(std::uint64_t cookie) const {
        std::vector<EvidenceItem> items;
        const auto answers = rig.all_sent<Evidence>();
        EXPECT_EQ(answers.size(), 1U);
        for (const Sent* answer : answers) {
            EXPECT_EQ(answer->reply_to, kToken);
            EXPECT_EQ(answer->body<Evidence>().cookie, cookie);
            EvidenceItem item;
            ListCursor<EvidenceItem> cursor(answer->body<Evidence>().items);
            while (cursor.next(item)) {
                items.push_back(item);
            }
        }
        return items;
    }

    // One of ours that stops answering, until this engine suspects it.
    Peer& suspected() {
        const std::string name(rig.engine.subjects().front());
        rig.peer(name).answers = false;
        rig.run_for(10s);
        EXPECT_EQ(rig.state_of(name), MemberState::Suspect);
        rig.forget_past();
        return rig.peer(name);
    }

    std::vector<std::string> ask(std::string_view name, std::uint64_t cookie) {
        auto asked = rig.engine.ask_evidence(rig.now, name, cookie, rig.out);
        rig.collect();
        return asked;
    }

    EngineRig rig;
};

TEST_F(EvidenceCase, AnswersAMemberOnItsConnectionWithWhatItSaw) {
    const Peer& x = suspected();
    const Instant asked_at = rig.now;
    Peer& asker = rig.peer(x.profile.name == "p20" ? "p21" : "p20");
    rig.hear_evidence_request(asker, x.profile.name, 4711, kToken);

    const auto own = rig.engine.flight_recorder().about(x.profile.name);
    const auto said = answered_items(4711);
    ASSERT_FALSE(own.empty());
    ASSERT_EQ(said.size(), std::min(own.size(), kEvidenceCountMax));
    std::set<std::uint32_t> kinds;
    for (std::size_t i = 0; i < said.size(); ++i) {
        const EvidenceEntry& entry = own[own.size() - said.size() + i];
        EXPECT_EQ(said[i].kind, static_cast<std::uint32_t>(entry.kind));
        EXPECT_EQ(said[i].ago_ms, to_wire_ms(asked_at - entry.at));
        EXPECT_EQ(said[i].age_ms, to_wire_ms(entry.age));
        kinds.insert(said[i].kind);
    }
    EXPECT_TRUE(kinds.contains(static_cast<std::uint32_t>(EvidenceKind::PingUnanswered)));
    EXPECT_TRUE(kinds.contains(static_cast<std::uint32_t>(EvidenceKind::Suspected)));
    EXPECT_EQ(rig.engine.counters().evidence_answered, 1U);
}

TEST_F(EvidenceCase, IsOfTheNewestEntriesAndNeverMore) {
    Peer& x = rig.peer("p00");
    for (int i = 0; i < 90; ++i) {
        rig.hear_gossip(rig.peer("p01"), {dead(x, {"p29"})});  // not believed: one accuser
        rig.run_for(10ms);
    }
    ASSERT_GT(rig.engine.flight_recorder().about("p00").size(), kEvidenceCountMax);
    rig.forget_past();
    rig.hear_evidence_request(rig.peer("p02"), "p00", 5, kToken);

    const auto said = answered_items(5);
    ASSERT_EQ(said.size(), kEvidenceCountMax);
    EXPECT_LE(said.back().ago_ms, 10U);
    EXPECT_GT(said.front().ago_ms, said.back().ago_ms);
}

TEST_F(EvidenceCase, GoesToNoStrangerAndNotWithoutAConnectionToAnswerOn) {
    const Peer& x = suspected();
    rig.hear_evidence_request(rig.add_stranger("stranger"), x.profile.name, 1, kToken);
    Peer earlier_run = rig.peer("p20");
    ++earlier_run.profile.instance;
    rig.hear_evidence_request(earlier_run, x.profile.name, 2, kToken);
    rig.hear_evidence_request(rig.peer("p20"), x.profile.name, 3, 0);
    EXPECT_EQ(rig.count<Evidence>(), 0U);

    rig.hear_evidence_request(rig.peer("p20"), "nobody", 4, kToken);
    EXPECT_TRUE(answered_items(4).empty());
}

TEST_F(EvidenceCase, GoesToAMemberThatIsHeldDead) {
    Peer& x = rig.peer("p00");
    rig.hear_gossip(rig.peer("p01"), {dead(x, {"p02", "p03"})});
    ASSERT_EQ(rig.state_of("p00"), MemberState::Dead);
    rig.forget_past();
    rig.hear_evidence_request(x, "p00", 9, kToken);

    const auto said = answered_items(9);
    ASSERT_EQ(said.size(), 3U);
    EXPECT_EQ(said[0].kind, static_cast<std::uint32_t>(EvidenceKind::HeardDead));
    EXPECT_EQ(said[0].other, "p01");
    EXPECT_EQ(said[1].kind, static_cast<std::uint32_t>(EvidenceKind::AccuserNamed));
    EXPECT_EQ(said[1].other, "p02");
    EXPECT_EQ(said[2].other, "p03");
}

TEST_F(EvidenceCase, IsAnsweredSoOftenASecondAndNoOftener) {
    for (std::uint64_t i = 0; i < kEvidenceAnsweredASecond + 8; ++i) {
        rig.hear_evidence_request(rig.peer("p20"), "p00", i, kToken);
    }
    EXPECT_EQ(rig.count<Evidence>(), kEvidenceAnsweredASecond);
    EXPECT_EQ(rig.engine.counters().evidence_dropped, 8U);

    rig.run_for(999ms);
    rig.hear_evidence_request(rig.peer("p21"), "p00", 1, kToken);
    EXPECT_EQ(rig.engine.counters().evidence_dropped, 9U);
    rig.run_for(1ms);
    rig.hear_evidence_request(rig.peer("p21"), "p00", 1, kToken);
    EXPECT_EQ(rig.count<Evidence>(), kEvidenceAnsweredASecond + 1);
}

TEST_F(EvidenceCase, IsAskedOfTheAccusersTheSubjectTheTellerAndTheObservers) {
    const auto first = ask("p00", 1);
    // Nobody has said anything yet: the member itself and its observers.
    EXPECT_EQ(first.front(), "p00");
    EXPECT_LE(first.size(), 9U);
    EXPECT_GE(first.size(), 6U);

    rig.hear_gossip(rig.peer("p01"), {dead(rig.peer("p00"), {"p02", "p03"})});
    rig.forget_past();
    const auto asked = ask("p00", 77);

    ASSERT_GE(asked.size(), 4U);
    EXPECT_LE(asked.size(), kEvidenceAskedMax);
    EXPECT_EQ(std::vector<std::string>(asked.begin(), asked.begin() + 3),
              (std::vector<std::string>{"p02", "p03", "p00"}));
    EXPECT_NE(std::find(asked.begin(), asked.end(), "p01"), asked.end());
    EXPECT_EQ(std::set<std::string>(asked.begin(), asked.end()).size(), asked.size());
    for (const std::string& observer : first) {
        EXPECT_NE(std::find(asked.begin(), asked.end(), observer), asked.end()) << observer;
    }
    const auto requests = rig.all_sent<EvidenceRequest>();
    ASSERT_EQ(requests.size(), asked.size());
    for (std::size_t i = 0; i < requests.size(); ++i) {
        EXPECT_EQ(requests[i]->to, rig.peer(asked[i]).profile.endpoint);
        EXPECT_EQ(requests[i]->reply_to, 0U);
        EXPECT_EQ(requests[i]->body<EvidenceRequest>().cookie, 77U);
        EXPECT_EQ(requests[i]->body<EvidenceRequest>().subject, "p00");
    }
}

TEST_F(EvidenceCase, IsAskedOfNobodyThatIsDeadButTheSubject) {
    const auto has = [](const std::vector<std::string>& names, std::string_view name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    rig.hear_gossip(rig.peer("p01"), {dead(rig.peer("p00"), {"p02", "p03"})});
    ASSERT_TRUE(has(ask("p00", 1), "p03"));
    rig.hear_gossip(rig.peer("p01"), {dead(rig.peer("p03"), {"p04", "p05"})});
    ASSERT_EQ(rig.state_of("p03"), MemberState::Dead);

    const auto asked = ask("p00", 2);
    EXPECT_FALSE(has(asked, "p03"));
    EXPECT_TRUE(has(asked, "p02"));
    EXPECT_TRUE(has(asked, "p00"));
    EXPECT_TRUE(ask("nobody", 3).empty());
    EXPECT_TRUE(ask("", 4).empty());
    EXPECT_TRUE(ask(std::string(500, 'x'), 5).empty());
    const auto of_itself = ask("self", 6);
    EXPECT_FALSE(of_itself.empty());
    EXPECT_FALSE(has(of_itself, "self"));
}

TEST_F(EvidenceCase, ComesBackWithTimesOfThisEngineAndWithoutUnknownKinds) {
    const auto suspected = static_cast<std::uint32_t>(EvidenceKind::Suspected);
    const auto misses = static_cast<std::uint32_t>(EvidenceKind::AnswersTooLittle);
    rig.hear_evidence(rig.peer("p05"), 12,
                      {{suspected, "", 1500, 1800, 8125, 0},
                       {kEvidenceKindCount, "p06", 1, 1, 1, 1},
                       {misses, "p06", 0, 10, kPhiMilliInfinite, 9}});
    rig.hear_evidence(rig.add_stranger("stranger"), 12, {{suspected, "", 1, 1, 1, 1}});

    ASSERT_EQ(rig.evidence_replies.size(), 1U);
    const EvidenceReply& reply = rig.evidence_replies.front();
    EXPECT_EQ(reply.cookie, 12U);
    EXPECT_EQ(reply.source, "p05");
    ASSERT_EQ(reply.entries.size(), 2U);
    EXPECT_EQ(reply.entries[0].at, rig.now - 1500ms);
    EXPECT_EQ(reply.entries[0].kind, EvidenceKind::Suspected);
    EXPECT_EQ(reply.entries[0].age, 1800ms);
    EXPECT_DOUBLE_EQ(reply.entries[0].phi, 8.125);
    EXPECT_EQ(reply.entries[1].other, "p06");
    EXPECT_TRUE(std::isinf(reply.entries[1].phi));
    EXPECT_EQ(reply.entries[1].misses, 9U);
}

}  // namespace
}  // namespace memberd::tests
