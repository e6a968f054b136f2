// What memberctl prints of each document: golden texts, hostile documents, a hundred columns.
#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cli/ctl/act.hpp"
#include "cli/ctl/events.hpp"
#include "cli/ctl/info.hpp"
#include "cli/ctl/members.hpp"
#include "cli/ctl/ring.hpp"
#include "cli/ctl/why.hpp"
#include "tests/unit/support/ctl_documents.hpp"

namespace memberd::ctl {
namespace {

// Clock texts are local.
class CtlShow : public testing::Test {
  protected:
    CtlShow() {
        ::setenv("TZ", "UTC", 1);  // NOLINT(concurrency-mt-unsafe)
        ::tzset();                 // NOLINT(concurrency-mt-unsafe)
    }
};

Document five_members() {
    Document unwell = member_document("cedar", "alive");
    unwell["health"] = "unhealthy";
    unwell["since"] = "2026-01-01T00:00:00.000000Z";
    Document suspect = member_document("elm", "suspect");
    suspect["phi"] = 5.25;
    suspect["rtt_ms"] = 0.3126;
    suspect["zone"] = "b";
    suspect["since"] = "2026-01-02T02:59:58.700000Z";
    Document tagged = member_document("ash", "alive");
    tagged["tags"] = {{"role", "store"}, {"version", "7"}};
    tagged["weight"] = 2.5;
    return Document::array({tagged, member_document("birch", "left"), unwell,
                            member_document("dogwood", "dead"), suspect});
}

TEST_F(CtlShow, MembersListsTheSickFirstAndCounts) {
    EXPECT_EQ(
        members_text(five_members(), {}, test_now(), {}),
        "NAME     STATE      FOR  ADDRESS         ZONE  WEIGHT  HEALTH      PHI       RTT  TAGS\n"
        "elm      suspect     1s  127.0.0.1:7751  b          1  ready      5.25  0.313 ms\n"
        "dogwood  dead     3m12s  127.0.0.1:7751             1  ready         -         -\n"
        "cedar    alive    1d03h  127.0.0.1:7751             1  unhealthy     -         -\n"
        "ash      alive    3m12s  127.0.0.1:7751           2.5  ready         -         -  "
        "role=store versio…\n"
        "birch    left     3m12s  127.0.0.1:7751             1  ready         -         -\n"
        "5 members: 2 alive, 1 suspect, 1 dead, 1 left\n");
}

TEST_F(CtlShow, MembersLeavesOutColumnsThatSayNothing) {
    EXPECT_EQ(members_text(Document::array({member_document("ash", "alive")}), {}, test_now(), {}),
              "NAME  STATE    FOR  ADDRESS         PHI  RTT\n"
              "ash   alive  3m12s  127.0.0.1:7751    -    -\n"
              "1 member: 1 alive\n");
}

TEST_F(CtlShow, MembersShowsOnlyWhatIsAskedFor) {
    Options options;
    options.states = {"dead", "suspect"};
    EXPECT_EQ(asked_for(five_members(), options).size(), 2U);
    options.zone = "b";
    EXPECT_EQ(asked_for(five_members(), options)[0]["name"], "elm");
    EXPECT_TRUE(members_text(five_members(), options, test_now(), {})
                    .ends_with("\n1 of 5 members: 1 suspect\n"));
    options.zone = "nowhere";
    EXPECT_EQ(members_text(five_members(), options, test_now(), {}), "0 of 5 members\n");

    Options tags;
    tags.tags = {{"role", "store"}, {"version", "7"}};
    EXPECT_EQ(asked_for(five_members(), tags).size(), 1U);
    tags.tags.back().second = "8";
    EXPECT_EQ(asked_for(five_members(), tags).size(), 0U);
}

Document info_document() {
    return {{"name", "ash"},
            {"id", "00000000000000aa"},
            {"address", "127.0.0.1:7751"},
            {"bind", "0.0.0.0:7751"},
            {"cluster", "quickstart"},
            {"generation", 7},
            {"incarnation", 2},
            {"zone", "a"},
            {"weight", 1.0},
            {"tags", {{"role", "store"}}},
            {"health", "ready"},
            {"uptime_s", 192.4},
            {"started", "2026-01-02T02:56:48.000000Z"},
            {"joined", true},
            {"members", {{"alive", 4}, {"suspect", 0}, {"dead", 1}, {"left", 0}}},
            {"local_health", 0},
            {"doubt", nullptr},
            {"ring_digest", "0123456789abcdef"},
            {"view_digest", "fedcba9876543210"},
            {"agreement", 0.75},
            {"digests_heard", 4},
            {"digests_equal", 3},
            {"epoch", 4711},
            {"seq", 12},
            {"profile", "lan"},
            {"detection", "memberd"},
            {"versions", {{"memberd", "0.1.0"}, {"protocol", 1}, {"local_api", 1}, {"ring", 1}}},
            {"runtime_dir", "/run/memberd"},
            {"data_dir", {{"path", "/var/lib/memberd"}, {"error", nullptr}}},
            {"seeds", Document::array({{{"address", "seed.example:7747"},
                                        {"resolved", Document::array({"10.0.0.7:7747"})},
                                        {"error", nullptr}},
                                       {{"address", "gone.example:7747"},
                                        {"resolved", Document::array()},
                                        {"error", "no such host"}}})}};
}

TEST_F(CtlShow, InfoIsOneScreen) {
    EXPECT_EQ(info_text(info_document(), {}),
              "name          ash\n"
              "id            00000000000000aa, generation 7, incarnation 2\n"
              "address       127.0.0.1:7751 (bound to 0.0.0.0:7751)\n"
              "cluster       quickstart\n"
              "zone          a\n"
              "weight        1\n"
              "tags          role=store\n"
              "up for        3m12s, since 2026-01-02 02:56:48\n"
              "members       4 alive, 0 suspect, 1 dead, 0 left\n"
              "joined        yes\n"
              "seed          seed.example:7747 = 10.0.0.7:7747\n"
              "seed          gone.example:7747: no such host\n"
              "health        ready\n"
              "local health  0 (well)\n"
              "ring digest   0123456789abcdef\n"
              "agreement     75.0% (3 of the 4 members heard from lately)\n"
              "view digest   fedcba9876543210\n"
              "detection     memberd, profile lan\n"
              "changes       12, epoch 4711\n"
              "runtime dir   /run/memberd\n"
              "data dir      /var/lib/memberd\n"
              "versions      memberd 0.1.0, protocol 1, local api 1, ring 1\n");
}

TEST_F(CtlShow, InfoSaysWhatIsNotAsItShouldBe) {
    Document info = info_document();
    info["joined"] = false;
    info["local_health"] = 1;
    info["doubt"] = "no answers for 2.5 s";
    info["data_dir"]["error"] = "disk full";
    const std::string text = info_text(info, {});
    EXPECT_NE(text.find("joined        no: alone until a seed answers\n"), std::string::npos);
    EXPECT_NE(text.find("local health  1 (in doubt: no answers for 2.5 s)\n"), std::string::npos);
    EXPECT_NE(text.find("data dir      /var/lib/memberd: disk full\n"), std::string::npos);
    info["data_dir"] = nullptr;
    EXPECT_NE(info_text(info, {}).find("data dir      none: nothing survives a restart\n"),
              std::string::npos);
}

TEST_F(CtlShow, VersionNamesBothPrograms) {
    EXPECT_EQ(version_text(Document{{"memberd", "0.1.0"}, {"protocol", 1}}),
              "memberctl 0.1.0\nagent: memberd 0.1.0, protocol 1\n");
    EXPECT_EQ(version_text(Document()), "memberctl 0.1.0\nagent: none answers\n");
    EXPECT_EQ(json_line(version_document(Document())),
              "{\"memberctl\":\"0.1.0\",\"agent\":null}\n");
}

TEST_F(CtlShow, RingListsTheLargestShareFirst) {
    const Document ring{
        {"digest", "0123456789abcdef"},
        {"agreement", 1.0},
        {"balance", 1.0312},
        {"members",
         Document::array(
             {{{"name", "ash"}, {"weight", 1.0}, {"zone", ""}, {"vnodes", 160}, {"share", 0.3}},
              {{"name", "elm"}, {"weight", 2.0}, {"zone", ""}, {"vnodes", 320}, {"share", 0.7}}})}};
    EXPECT_EQ(ring_text(ring, {}),
              "digest 0123456789abcdef, agreement 100.0%, balance 1.031\n"
              "NAME  VNODES  WEIGHT  SHARE\n"
              "elm      320       2  70.0%\n"
              "ash      160       1  30.0%\n");
    EXPECT_EQ(ring_text({{"digest", "0"}, {"members", Document::array()}}, {}),
              "digest 0, agreement -, balance -\nNobody is on the ring.\n");
}

TEST_F(CtlShow, LookupNamesOwnerAndPreference) {
    const Document lookup = Document::array({{{"key", "user:1"},
                                              {"hash", "00000000000000ff"},
                                              {"owner", "ash"},
                                              {"preference", Document::array({"ash", "elm"})}},
                                             {{"key", "user:2"},
                                              {"hash", "0000000000000100"},
                                              {"owner", nullptr},
                                              {"preference", Document::array()}}});
    EXPECT_EQ(lookup_text(lookup, {}),
              "KEY     HASH              OWNER   PREFERENCE\n"
              "user:1  00000000000000ff  ash     ash, elm\n"
              "user:2  0000000000000100  nobody\n");
    EXPECT_EQ(keys_of_lines("a\n\nb c\r\nd"), (std::vector<std::string>{"a", "b c", "d"}));
    EXPECT_TRUE(keys_of_lines("").empty());
}

TEST_F(CtlShow, PlanSaysWhatMovesFromWhomToWhom) {
    const Document plan{
        {"moved_share", 0.25},
        {"balance_before", 1.02},
        {"balance_after", 1.04},
        {"transfers", Document::array({{{"from", "ash"}, {"to", "elm"}, {"share", 0.05}},
                                       {{"from", "birch"}, {"to", "elm"}, {"share", 0.2}}})}};
    EXPECT_EQ(plan_text(plan, {}),
              "25.0% of the keys would move; balance 1.020 now, 1.040 then\n"
              "FROM   TO   SHARE\n"
              "birch  elm  20.0%\n"
              "ash    elm   5.0%\n");
}

Document evidence(const std::string& time, const std::string& kind, const std::string& text) {
    return {{"time", "2026-01-02T02:50:" + time + "Z"},
            {"kind", kind},
            {"other", ""},
            {"age_ms", 0.0},
            {"phi", 0.0},
            {"text", text}};
}

TEST_F(CtlShow, WhySaysWhatWasDecidedAndThenTheTimelineOfTheLatestCase) {
    const Document why{
        {"name", "cedar"},
        {"state", "dead"},
        {"evidence",
         Document::array(
             {evidence("01.000000", "suspected", "an older case"),
              evidence("02.000000", "withdrawn", "it was alive"),
              evidence("10.500000", "ping-unanswered", "no answer to a ping for 302 ms"),
              evidence("12.000000", "suspected", "suspected after 1.8 s of silence"),
              evidence("12.250000", "suspected-by", "birch suspects it, too"),
              evidence("13.500000", "declared-dead", "declared dead; accusers: ash, birch, elm"),
              evidence("13.600000", "helper-nack", "elm had no answer either")})}};
    EXPECT_EQ(why_text(why, {}),
              "cedar is dead.\n"
              "The latest case began on 2026-01-02 02:50:10.\n"
              "Accused by this agent, first at +1.500s.\n"
              "Contradicted by nobody.\n"
              "Decided: declared dead by this agent at +3.000s.\n"
              "\n"
              "02:50:10.500   +0.000s  no answer to a ping for 302 ms\n"
              "02:50:12.000   +1.500s  suspected after 1.8 s of silence\n"
              "02:50:12.250   +1.750s  birch suspects it, too\n"
              "02:50:13.500   +3.000s  declared dead; accusers: ash, birch, elm\n"
              "02:50:13.600   +3.100s  elm had no answer either\n"
              "\n"
              "1 case before it: --format json has all the evidence.\n");
}

TEST_F(CtlShow, WhyTellsOnceWhatWasSeenAgainAndAgain) {
    const Document why{
        {"name", "cedar"},
        {"state", "suspect"},
        {"evidence",
         Document::array({evidence("10.000000", "link-lost", "the connection ended"),
                          evidence("11.000000", "suspected", "suspected"),
                          evidence("12.000000", "link-lost", "the connection ended"),
                          evidence("13.500000", "link-lost", "the connection ended")})}};
    const std::string text = why_text(why, {});
    EXPECT_NE(text.find("02:50:10.000   +0.000s  the connection ended (3 times, last at +3.500s)\n"
                        "02:50:11.000   +1.000s  suspected\n"),
              std::string::npos)
        << text;
}

// Of a case that three members saw, and this agent only heard of.
Document evidence_of_four() {
    struct Row {
        const char* time;
        const char* source;
        const char* kind;
        const char* other;
        const char* text;
    };

    constexpr Row kRows[] = {
        {"10.000", "a1", "ping-unanswered", "", "a1's ping of x went unanswered for 0.31 s"},
        {"10.001", "a1", "helper-asked", "a4", "a1 asked a4 to ping x"},
        {"10.002", "a1", "helper-asked", "a5", "a1 asked a5 to ping x"},
        {"10.100", "a2", "ping-unanswered", "", "a2's ping of x went unanswered for 0.31 s"},
        {"10.101", "a2", "helper-asked", "a4", "a2 asked a4 to ping x"},
        {"10.200", "a1", "helper-nack", "a4", "a4 told a1 that it had no answer from x either"},
        {"10.400", "a2", "helper-nack", "a4", "a4 told a2 that it had no answer from x either"},
        {"10.500", "a1", "helper-alive", "a6",
         "a6 told a1 that x answered a ping sent 0.20 s before"},
        {"10.500", "a1", "withdrawn", "", "a1's case against x ended without a death"},
        {"10.600", "a1", "ping-unanswered", "", "a1's ping of x went unanswered for 0.31 s"},
        {"11.800", "a1", "suspected", "", "a1 suspects x after 1.80 s of silence, phi 5.0"},
        {"11.801", "a2", "suspected-by", "a1",
         "a1 suspects x after 1.80 s of silence, as a2 was told"},
        {"11.802", "a3", "suspected-by", "a1",
         "a1 suspects x after 1.80 s of silence, as a3 was told"},
        {"11.900", "a2", "suspected", "", "a2 suspects x after 1.80 s of silence, phi 5.1"},
        {"11.901", "a1", "suspected-by", "a9",
         "a9 suspects x after 1.81 s of silence, as a1 was told"},
        {"11.902", "a2", "suspected-by", "a9",
         "a9 suspects x after 1.81 s of silence, as a2 was told"},
        {"13.000", "a1", "declared-dead", "a1", "a1 declared x dead; a1 accused it"},
        {"13.000", "a1", "declared-dead", "a2", "a1 declared x dead; a2 accused it"},
        {"13.002", "a2", "heard-dead", "a1", "a1 told a2 that x is dead"},
        {"13.003", "a0", "heard-dead", "a2", "a2 told us that x is dead"},
        {"13.003", "a0", "accuser-named", "a1", "a1 accused x, says the death that we heard of"},
        {"13.003", "a0", "accuser-named", "a2", "a2 accused x, says the death that we heard of"},
    };
    Document list = Document::array();
    for (const Row& row : kRows) {
        list.push_back({{"time", std::string("2026-01-02T02:50:") + row.time + "000Z"},
                        {"source", row.source},
                        {"kind", row.kind},
                        {"other", row.other},
                        {"text", row.text}});
    }
    return {{"name", "x"},
            {"agent", "a0"},
            {"state", "dead"},
            {"asked", Document::array({"a1", "a2", "x", "a3"})},
            {"answered", Document::array({"a1", "a2", "a3"})},
            {"evidence", list}};
}

TEST_F(CtlShow, WhyFoldsWhatSeveralMembersSaw) {
    EXPECT_EQ(
        why_text(evidence_of_four(), {}),
        "x is dead.\n"
        "The latest case began on 2026-01-02 02:50:10.\n"
        "Accused by a1, a2 and a9, first at +1.800s.\n"
        "Confirmed by a4, with no answer either.\n"
        "Contradicted by a6.\n"
        "Decided: the suspicion was withdrawn at +0.500s, then declared dead by a1 at +3.000s.\n"
        "\n"
        "02:50:10.000   +0.000s  a1's ping of x went unanswered for 0.31 s (2 times, last at "
        "+0.600s)\n"
        "02:50:10.001   +0.001s  a1 and a2 asked a4 and a5 to ping it, until +0.101s\n"
        "02:50:10.100   +0.100s  a2's ping of x went unanswered for 0.31 s\n"
        "02:50:10.200   +0.200s  a4 had no answer from it either, as a1 and a2 were told, until "
        "+0.400s\n"
        "02:50:10.500   +0.500s  a6 told a1 that x answered a ping sent 0.20 s before\n"
        "02:50:10.500   +0.500s  a1's case against x ended without a death\n"
        "02:50:11.800   +1.800s  a1 suspects x after 1.80 s of silence, phi 5.0\n"
        "02:50:11.900   +1.900s  a2 suspects x after 1.80 s of silence, phi 5.1\n"
        "02:50:11.901   +1.901s  a9 suspects it, as a1 and a2 were told\n"
        "02:50:13.000   +3.000s  a1 declared it dead; a1 and a2 accused it\n"
        "02:50:13.002   +3.002s  a2 and this agent heard from a1 and a2 that it is dead\n"
        "02:50:13.003   +3.003s  a1 and a2 accused it, says the death that this agent heard of\n"
        "\n"
        "4 other members asked for evidence: no answer from x.\n");
}

TEST_F(CtlShow, WhyEndsACaseWhenItHasEndedForEverybody) {
    Document why = evidence_of_four();
    Document& list = why["evidence"];
    const auto add = [&list](const char* time, const char* source, const char* kind) {
        list.push_back({{"time", std::string("2026-01-02T02:") + time + "Z"},
                        {"source", source},
                        {"kind", kind},
                        {"other", ""},
                        {"text", std::string(source) + ' ' + kind}});
    };
    add("51:10", "a0", "returned");
    add("51:10", "a1", "returned");
    EXPECT_NE(why_text(why, {false, 200}).find("then alive again at +60.000s."), std::string::npos);
    add("51:11", "a2", "returned");
    add("51:20", "a2", "suspected");
    const std::string text = why_text(why, {});
    EXPECT_NE(text.find("Accused by a2, first at +0.000s."), std::string::npos) << text;
    EXPECT_NE(text.find("1 case before it"), std::string::npos) << text;
    add("55:00", "a3", "suspected");  // Nothing was seen of the other for minutes.
    EXPECT_NE(why_text(why, {}).find("Accused by a3, first at +0.000s."), std::string::npos);
}

TEST_F(CtlShow, WhySaysWhenNobodyHoldsEvidence) {
    Document why = evidence_of_four();
    why["evidence"] = Document::array();
    why["answered"] = why["asked"];
    EXPECT_EQ(why_text(why, {}),
              "x is dead.\n"
              "This agent holds no evidence of a suspicion of it.\n"
              "4 other members asked for evidence: all answered.\n");
}

TEST_F(CtlShow, WhyPrefersTheLatestSuspicionToALaterMiss) {
    Document why{
        {"name", "cedar"},
        {"state", "alive"},
        {"evidence", Document::array({evidence("01.000000", "heard-dead", "birch says it is dead"),
                                      evidence("02.000000", "returned", "it is back"),
                                      evidence("03.000000", "ping-unanswered", "a ping was late"),
                                      evidence("04.000000", "answered", "it answered")})}};
    const std::string text = why_text(why, {});
    EXPECT_NE(text.find("birch says it is dead"), std::string::npos);
    EXPECT_EQ(text.find("a ping was late"), std::string::npos);
    EXPECT_NE(text.find("Decided: dead, as other members told this agent at +0.000s, then alive "
                        "again at +1.000s.\n"),
              std::string::npos);

    why["evidence"] = Document::array({evidence("03.000000", "ping-unanswered", "")});
    EXPECT_NE(why_text(why, {}).find("Decided: nothing yet, the case is open.\n"),
              std::string::npos);
    EXPECT_NE(why_text(why, {}).find("  ping unanswered\n"), std::string::npos);
    why["evidence"] = Document::array();
    why["state"] = nullptr;
    EXPECT_EQ(why_text(why, {}),
              "cedar is no longer listed.\nThis agent holds no evidence of a suspicion of it.\n");
}

TEST_F(CtlShow, AnEventIsALine) {
    Document member = member_document("ash", "alive");
    member["zone"] = "a";
    member["tags"] = {{"role", "store"}};
    const Document dead{
        {"seq", 3}, {"time", "2026-01-02T03:04:05.678901Z"}, {"type", "dead"}, {"member", member}};
    EXPECT_EQ(event_text(dead, {}), "03:04:05.678  dead       ash  127.0.0.1:7751, zone a");
    Document updated = dead;
    updated["type"] = "updated";
    EXPECT_EQ(event_text(updated, {}),
              "03:04:05.678  updated    ash  127.0.0.1:7751, zone a, ready, weight 1, role=store");
    EXPECT_EQ(event_text(snapshot_event(member, 9), {}),
              "02:56:48.000  alive      ash  127.0.0.1:7751, zone a  (present)");
    EXPECT_EQ(json_line(snapshot_event(Document{{"state", "left"}, {"since", "t"}}, 9)),
              "{\"seq\":9,\"time\":\"t\",\"type\":\"left\",\"snapshot\":true,\"member\":{\"state\":"
              "\"left\",\"since\":\"t\"}}\n");
    EXPECT_EQ(
        event_text(gap_event({false, true, false, 12}, 20, test_now()), {}),
        "03:00:00.000  gap        changes 13 to 20 were not heard: the present members follow");
    EXPECT_EQ(event_text({{"seq", 1}, {"type", "of-a-later-version"}}, {}), "-  of-a-lat…  ");
}

TEST_F(CtlShow, ARingEventSumsUpWhatMoved) {
    const Document event{{"seq", 4},
                         {"time", "2026-01-02T03:04:05.678901Z"},
                         {"type", "ring"},
                         {"digest", "0123456789abcdef"},
                         {"part", 1},
                         {"parts", 1},
                         {"truncated", false},
                         {"moved", Document::array({{{"start", "f000000000000000"},
                                                     {"end", "1000000000000000"},
                                                     {"from", "ash"},
                                                     {"to", "elm"}},
                                                    {{"start", "2000000000000000"},
                                                     {"end", "6000000000000000"},
                                                     {"from", "ash"},
                                                     {"to", ""}}})}};
    EXPECT_DOUBLE_EQ(moved_share(event).value_or(0), 0.375);
    EXPECT_EQ(event_text(event, {}),
              "03:04:05.678  ring       37.5% of the keys moved: 25.0% ash to nobody, 12.5% "
              "ash to elm; digest 012…");
    Document whole = event;
    whole["moved"] = Document::array(
        {{{"start", "0000000000000007"}, {"end", "0000000000000007"}, {"from", "a"}, {"to", "b"}}});
    EXPECT_DOUBLE_EQ(moved_share(whole).value_or(0), 1.0);
    whole["truncated"] = true;
    EXPECT_FALSE(moved_share(whole));
}

TEST_F(CtlShow, ALinkEventSaysWhoDoesNotAnswer) {
    Document link{{"seq", 3},
                  {"time", "2026-01-02T03:04:05.678901Z"},
                  {"type", "link"},
                  {"state", "broken"},
                  {"member", member_document("ash", "alive")}};
    EXPECT_EQ(
        event_text(link, {}),
        "03:04:05.678  link       ash  broken: it does not answer this agent, others reach it");
    link["state"] = "mended";
    EXPECT_EQ(event_text(link, {}),
              "03:04:05.678  link       ash  mended: it answers this agent again");
}

TEST_F(CtlShow, ARoundTripIsSummedUp) {
    EXPECT_EQ(summary_text(summary_of({0.4, std::nullopt, 0.2, 9.0})),
              "3 of 4 pings answered; round trip min 0.200 ms, median 0.400 ms, max 9.00 ms\n");
    EXPECT_EQ(*summary_of({1.0, 2.0}).median_ms, 1.5);
    EXPECT_EQ(summary_text(summary_of({std::nullopt})), "0 of 1 ping answered\n");
    EXPECT_EQ(leave_text(4, 4), "Left; 4 of 4 other members acknowledged it.\n");
    EXPECT_EQ(leave_text(0, 0), "Left; there was no other member to acknowledge it.\n");
    EXPECT_EQ(tags_answer_text({{"tags", {{"a", "b"}}}}, {}), "tags: a=b\n");
    EXPECT_EQ(tags_answer_text({{"tags", Document::object()}}, {}), "no tags\n");
}

// Every text of a document, given the same document for all of them.
std::vector<std::string> all_texts(const Document& document, const Look& look) {
    const Document list = Document::array({document, document});
    return {members_text(list, {}, test_now(), look),
            info_text(document, look),
            ring_text(document, look),
            lookup_text(list, look),
            plan_text(document, look),
            why_text(document, look),
            event_text(document, look) + '\n',
            event_text(snapshot_event(document, 1), look) + '\n',
            tags_answer_text(document, look)};
}

TEST_F(CtlShow, NothingIsWiderThanAHundredColumnsWhateverTheNames) {
    for (const std::string& piece : {std::string("x"), std::string("\xE6\x9D\xB1"),
                                     std::string("\xC3\xBC"), std::string("x \x1b\n")}) {
        std::string name;
        for (int i = 0; i < 400; ++i) {
            name += piece;
        }
        Document hostile = info_document();
        const Document suspect = member_document(name, "suspect");
        for (const auto& [key, value] : suspect.items()) {
            hostile[key] = value;
        }
        for (const char* key :
             {"name", "state", "address", "zone", "health", "doubt", "cluster", "id", "digest",
              "ring_digest", "key", "owner", "bind", "runtime_dir", "detection"}) {
            hostile[key] = name;
        }
        hostile["type"] = name;
        hostile["tags"] = {{name, name}, {"k", name}};
        hostile["preference"] = Document::array({name, name});
        hostile["seeds"] = Document::array({{{"address", name}, {"error", name}}});
        hostile["evidence"] = Document::array({{{"kind", "suspected"}, {"text", name}},
                                               {{"kind", "helper-nack"}, {"source", name}},
                                               {{"kind", "helper-nack"}, {"other", name}},
                                               {{"kind", "declared-dead"}, {"other", name}}});
        hostile["asked"] = Document::array({name, "b"});
        hostile["weight"] = 1e300;
        hostile["phi"] = 1e300;
        hostile["rtt_ms"] = 1e300;
        hostile["moved"] =
            Document::array({{{"start", "1"}, {"end", "2"}, {"from", name}, {"to", name}}});
        Document row = member_document(name, "alive");
        row["share"] = 1e300;
        row["from"] = name;
        row["to"] = name;
        hostile["members"] = Document::array({row});
        hostile["transfers"] = Document::array({row});
        for (const std::size_t columns : {100U, 40U}) {
            for (const std::string& text : all_texts(hostile, {false, columns})) {
                EXPECT_LE(widest_line(text), columns == 100 ? 100U : 80U) << text;
                EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
            }
        }
    }
}

TEST_F(CtlShow, DocumentsOfAnyOtherShapeAreSurvived) {
    const std::vector<Document> shapes{Document(),
                                       Document(true),
                                       Document(-1),
                                       Document(1.5),
                                       Document("text"),
                                       Document::array(),
                                       Document::array({Document(), 1, "x", Document::object()}),
                                       Document::object()};
    for (const Document& shape : shapes) {
        for (const std::string& text : all_texts(shape, {})) {
            EXPECT_FALSE(text.empty());
        }
        // The right keys with the wrong values.
        Document wrong = info_document();
        const Document alive = member_document("a", "alive");
        for (const auto& [key, value] : alive.items()) {
            wrong[key] = value;
        }
        for (const char* key : {"digest", "moved", "members", "transfers", "evidence", "preference",
                                "type", "time"}) {
            wrong[key] = nullptr;
        }
        for (auto& [key, value] : wrong.items()) {
            value = shape;
        }
        for (const std::string& text : all_texts(wrong, {})) {
            EXPECT_FALSE(text.empty());
        }
    }
}

TEST_F(CtlShow, JsonIsValidWhateverTheBytes) {
    const Document broken{{"name", "\xFF\xFE"}};
    EXPECT_EQ(json_line(broken), "{\"name\":\"\xEF\xBF\xBD\xEF\xBF\xBD\"}\n");
    EXPECT_EQ(pretty_json(Document::array()), "[]\n");
}

}  // namespace
}  // namespace memberd::ctl
