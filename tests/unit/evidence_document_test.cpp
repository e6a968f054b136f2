#include "membership/evidence_document.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace memberd {
namespace {

using namespace std::chrono_literals;

SourcedEvidence piece_of(const std::string& source,
                         EvidenceKind kind,
                         const std::string& other = "",
                         Duration at = 10s) {
    EvidenceEntry entry;
    entry.at = Instant(at);
    entry.kind = kind;
    entry.subject = "x";
    entry.other = other;
    entry.age = 1800ms;
    entry.phi = 8.126;
    return {source, entry};
}

std::string sentence(const std::string& source, EvidenceKind kind, const std::string& other = "") {
    return evidence_text(piece_of(source, kind, other), "me");
}

TEST(EvidenceDocument, SaysWeOnlyOfTheAgentThatAnswers) {
    EXPECT_EQ(sentence("me", EvidenceKind::PingUnanswered),
              "our ping of x went unanswered for 1.80 s");
    EXPECT_EQ(sentence("b", EvidenceKind::PingUnanswered),
              "b's ping of x went unanswered for 1.80 s");
    EXPECT_EQ(sentence("me", EvidenceKind::Suspected),
              "we suspect x after 1.80 s of silence, phi 8.1");
    EXPECT_EQ(sentence("b", EvidenceKind::Suspected),
              "b suspects x after 1.80 s of silence, phi 8.1");
    EXPECT_EQ(sentence("b", EvidenceKind::SuspectedBy, "c"),
              "c suspects x after 1.80 s of silence, as b was told");
    EXPECT_EQ(sentence("b", EvidenceKind::DeclaredDead, "c"), "b declared x dead; c accused it");
    EXPECT_EQ(sentence("me", EvidenceKind::HeardDead, "c"), "c told us that x is dead");
    EXPECT_EQ(sentence("b", EvidenceKind::HeardDead), "another's table told b that x is dead");
    EXPECT_EQ(sentence("b", EvidenceKind::LinkBroken, "c"),
              "x does not answer b, but others reach it, c the last");
    EXPECT_EQ(sentence("me", EvidenceKind::LinkMended), "x answers us again");
    EXPECT_EQ(sentence("b", EvidenceKind::HeldBack, "c"),
              "b heard of its own death, and stays away for 2 s");
    for (std::uint32_t kind = 0; kind < kEvidenceKindCount; ++kind) {
        const std::string of_another =
            ' ' + sentence("b", static_cast<EvidenceKind>(kind), "c") + ' ';
        for (const char* ours : {" we ", " our ", " us ", " us:", " us,"}) {
            EXPECT_EQ(of_another.find(ours), std::string::npos) << of_another;
        }
        EXPECT_NE(of_another, sentence("me", static_cast<EvidenceKind>(kind), "c"));
        EXPECT_GT(of_another.size(), 10U) << kind;
    }
}

TEST(EvidenceDocument, CountsMissesInAFieldOfTheirOwn) {
    SourcedEvidence counted = piece_of("me", EvidenceKind::AnswersTooLittle, "c");
    counted.entry.phi = 0.0;
    counted.entry.misses = 9;
    EXPECT_EQ(evidence_text(counted, "me"), "c suspects x, which missed 9 of its last 12 probes");
    EXPECT_EQ(evidence_text(counted, "other"),
              "c suspects x, which missed 9 of its last 12 probes, as me was told");
    counted.entry.other = "";
    EXPECT_EQ(evidence_text(counted, "me"), "we suspect x, which missed 9 of our last 12 probes");
    WhyAnswer answer;
    answer.evidence = {counted};
    const Document document = to_document(answer, Instant(20s), WallTime{0});
    EXPECT_EQ(document["evidence"][0]["misses"], 9);
    EXPECT_EQ(document["evidence"][0]["phi"], 0.0);
}

TEST(EvidenceDocument, IsOneTimelineWithItsSources) {
    WhyAnswer answer;
    answer.name = "x";
    answer.agent = "me";
    answer.state = MemberState::Dead;
    answer.asked = {"b", "c"};
    answer.answered = {"b"};
    answer.evidence = {piece_of("me", EvidenceKind::HeardDead, "b", 13s),
                       piece_of("b", EvidenceKind::PingUnanswered, "", 10s),
                       piece_of("b", EvidenceKind::DeclaredDead, "c", 13s)};
    answer.evidence[1].entry.phi = std::numeric_limits<double>::infinity();
    const Document document = to_document(answer, Instant(20s), WallTime{20'000'000'000});

    EXPECT_EQ(document["name"], "x");
    EXPECT_EQ(document["agent"], "me");
    EXPECT_EQ(document["state"], "dead");
    EXPECT_EQ(document["asked"], Document::array({"b", "c"}));
    EXPECT_EQ(document["answered"], Document::array({"b"}));
    const Document& list = document["evidence"];
    ASSERT_EQ(list.size(), 3U);
    EXPECT_EQ(list[0]["time"], "1970-01-01T00:00:10.000000Z");
    EXPECT_EQ(list[0]["kind"], "ping-unanswered");
    EXPECT_EQ(list[0]["source"], "b");
    EXPECT_EQ(list[0]["age_ms"], 1800.0);
    EXPECT_TRUE(list[0]["phi"].is_null());
    EXPECT_EQ(list[1]["source"], "b");
    EXPECT_EQ(list[1]["phi"], 8.13);
    EXPECT_EQ(list[2]["source"], "me");
    EXPECT_EQ(list[2]["other"], "b");
    EXPECT_TRUE(to_document(WhyAnswer{}, Instant(20s), WallTime{0})["state"].is_null());
}

}  // namespace
}  // namespace memberd
