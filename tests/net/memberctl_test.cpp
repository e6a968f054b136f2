// memberctl, the program, against an agent that answers what the test wants.
#include <algorithm>
#include <csignal>
#include <string>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "cli/ctl/text.hpp"
#include "membership/view.hpp"
#include "tests/net/support/fake_agent.hpp"
#include "tests/net/support/program.hpp"

namespace memberd {
namespace {

using Words = std::vector<std::string>;

MemberInfo member(const std::string& name, MemberState state) {
    MemberInfo info;
    info.name = name;
    info.id = "00000000000000aa";
    info.address = "127.0.0.1:7751";
    info.state = state;
    info.generation = 7;
    info.since = "2026-01-02T02:56:48.000000Z";
    info.phi = 0.25;
    info.rtt_ms = 0.5;
    return info;
}

Document member_event(const std::string& name, MemberState state) {
    return {{"seq", 0},
            {"time", "2026-01-02T03:04:05.678901Z"},
            {"type", to_string(event_type(state))},
            {"member", to_document(member(name, state))}};
}

std::size_t lines_of(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

class Memberctl : public testing::Test {
  protected:
    Memberctl() {
        answer_members({member("ash", MemberState::Alive), member("elm", MemberState::Dead)});
        agent_.answer("version",
                      {{"memberd", "0.1.0"}, {"protocol", 1}, {"local_api", 1}, {"ring", 1}});
        agent_.answer(
            "info",
            {{"name", "ash"}, {"members", {{"alive", 3}, {"dead", 1}}}, {"agreement", 1.0}});
        agent_.answer("ring", {{"digest", "0123456789abcdef"},
                               {"agreement", 1.0},
                               {"balance", 1.0},
                               {"members", Document::array({{{"name", "ash"},
                                                             {"weight", 1.0},
                                                             {"zone", ""},
                                                             {"vnodes", 160},
                                                             {"share", 1.0}}})}});
        agent_.answer("ring_lookup", Document::array({{{"key", "k"},
                                                       {"hash", "00000000000000ff"},
                                                       {"owner", "ash"},
                                                       {"preference", Document::array({"ash"})}}}));
        agent_.answer(
            "ring_plan",
            {{"moved_share", 0.5},
             {"balance_before", 1.0},
             {"balance_after", 1.0},
             {"transfers", Document::array({{{"from", "ash"}, {"to", "new"}, {"share", 0.5}}})}});
        agent_.answer(
            "why", {{"name", "elm"},
                    {"state", "dead"},
                    {"evidence", Document::array({{{"time", "2026-01-02T02:50:10.500000Z"},
                                                   {"kind", "declared-dead"},
                                                   {"text", "declared dead; accusers: ash"}}})}});
        agent_.answer(
            "ping",
            {{"name", "elm"}, {"address", "127.0.0.1:7752"}, {"answered", true}, {"rtt_ms", 0.25}});
        agent_.answer("join", {{"joined", true}, {"members", 4}, {"refused", Document::array()}});
        agent_.answer("leave", {{"acknowledged", 2}});
        agent_.answer("forget", {{"name", "elm"}});
        agent_.answer("tags_set", {{"tags", {{"a", "b"}}}});
        agent_.answer("tags_unset", {{"tags", Document::object()}});
    }

    void answer_members(const std::vector<MemberInfo>& members) {
        Document array = Document::array();
        for (const MemberInfo& info : members) {
            array.push_back(to_document(info));
        }
        agent_.answer("members", array);
        agent_.answer("snapshot", {{"epoch", agent_.epoch()},
                                   {"seq", agent_.seq()},
                                   {"ring_digest", "0123456789abcdef"},
                                   {"members", array}});
    }

    // `words` behind the options that name the agent.
    [[nodiscard]] ProgramSetup setup(const Words& words) const {
        ProgramSetup result;
        result.command = {MEMBERD_MEMBERCTL, "--runtime-dir", agent_.directory()};
        result.command.insert(result.command.end(), words.begin(), words.end());
        result.environment = {{"TZ", "UTC"}, {"NO_COLOR", std::nullopt}};
        return result;
    }

    [[nodiscard]] Finished run(const Words& words) const { return run_program(setup(words)); }

    FakeAgent agent_;
};

// A command, and words that its table must have.
struct Case {
    Words words;
    std::string table;
    std::string op;
};

std::vector<Case> every_command() {
    return {{{"members"}, "elm   dead", "members"},
            {{"info"}, "agreement     100.0%", "info"},
            {{"ring"}, "ash      160       1  100.0%", "ring"},
            {{"ring", "lookup", "k"}, "k    00000000000000ff  ash    ash", "ring_lookup"},
            {{"ring", "plan", "--add", "new"}, "50.0% of the keys would move", "ring_plan"},
            {{"why", "elm"}, "Decided: declared dead by this agent at +0.000s.", "why"},
            {{"ping", "elm"}, "5 of 5 pings answered; round trip min 0.250 ms", "ping"},
            {{"join", "127.0.0.1:7751"}, "Joined; 4 members alive now.", "join"},
            {{"leave"}, "Left; 2 of 2 other members acknowledged it.", "leave"},
            {{"forget", "elm"}, "Forgot elm.", "forget"},
            {{"tags", "set", "a=b"}, "tags: a=b", "tags_set"},
            {{"tags", "unset", "a"}, "no tags", "tags_unset"},
            {{"version"}, "agent: memberd 0.1.0, protocol 1, local api 1, ring 1", "version"}};
}

TEST_F(Memberctl, AnswersEveryCommandAsATableAndAsJson) {
    for (const Case& command : every_command()) {
        const Finished table = run(command.words);
        EXPECT_EQ(table.exit_code, 0) << command.op << table.err;
        EXPECT_EQ(table.err, "") << command.op;
        EXPECT_NE(table.out.find(command.table), std::string::npos) << table.out;
        EXPECT_EQ(table.out.find('\x1b'), std::string::npos) << command.op;
        EXPECT_EQ(agent_.requests().back().op, command.op);

        Words words = command.words;
        words.insert(words.end(), {"--format", "json"});
        const Finished json = run(words);
        EXPECT_EQ(json.exit_code, 0) << command.op;
        EXPECT_TRUE(Document::accept(json.out)) << json.out;
    }
}

TEST_F(Memberctl, PrintsTheAgentsDocumentsUnchanged) {
    const Document members = Document::parse(run({"--format", "json", "members"}).out);
    EXPECT_EQ(members, Document::array({to_document(member("ash", MemberState::Alive)),
                                        to_document(member("elm", MemberState::Dead))}));
    const Document dead =
        Document::parse(run({"--format", "json", "members", "--state", "dead"}).out);
    ASSERT_EQ(dead.size(), 1U);
    EXPECT_EQ(dead[0]["name"], "elm");
}

TEST_F(Memberctl, AsksTheAgentForWhatTheCommandLineSays) {
    (void)run({"ring", "plan", "--add", "a,weight=2,zone=z", "--remove", "b"});
    EXPECT_EQ(agent_.requests().back().arguments,
              Document({{"add", Document::array({{{"name", "a"}, {"weight", 2.0}, {"zone", "z"}}})},
                        {"remove", Document::array({"b"})}}));
    (void)run({"tags", "set", "a=b", "c=d"});
    EXPECT_EQ(agent_.requests().back().arguments, Document({{"tags", {{"a", "b"}, {"c", "d"}}}}));
    (void)run({"tags", "unset", "a"});
    EXPECT_EQ(agent_.requests().back().arguments, Document({{"keys", Document::array({"a"})}}));
    (void)run({"join", "127.0.0.1:1", "seed:2"});
    EXPECT_EQ(agent_.requests().back().arguments,
              Document({{"addresses", Document::array({"127.0.0.1:1", "seed:2"})}}));

    ProgramSetup from_stdin = setup({"ring", "lookup", "first", "-", "--replicas", "2"});
    from_stdin.input = "second\nthird key\n";
    run_program(from_stdin);
    EXPECT_EQ(
        agent_.requests().back().arguments,
        Document({{"keys", Document::array({"first", "second", "third key"})}, {"replicas", 2}}));
}

TEST_F(Memberctl, PrintsOneSentenceAndExitsWithOneWhenTheAnswerIsNo) {
    agent_.refuse("why", "unknown_member", "no member nobody is listed here");
    const Finished unknown = run({"why", "nobody"});
    EXPECT_EQ(unknown.exit_code, 1);
    EXPECT_EQ(unknown.out, "");
    EXPECT_EQ(unknown.err, "memberctl: no member nobody is listed here.\n");

    agent_.refuse("forget", "refused", "ash is alive.");
    EXPECT_EQ(run({"forget", "ash"}).exit_code, 1);
    EXPECT_EQ(run({"forget", "ash"}).err, "memberctl: ash is alive.\n");

    agent_.refuse("tags_set", "limit", "too many tags");
    EXPECT_EQ(run({"tags", "set", "a=b"}).exit_code, 1);

    agent_.answer(
        "join",
        {{"joined", false}, {"members", 1}, {"refused", Document::array({"other cluster"})}});
    const Finished join = run({"join", "127.0.0.1:1"});
    EXPECT_EQ(join.exit_code, 1);
    EXPECT_EQ(join.err, "memberctl: nobody has let this agent in: other cluster.\n");

    agent_.answer("ring_lookup", Document::array({{{"key", "k"},
                                                   {"hash", "0"},
                                                   {"owner", nullptr},
                                                   {"preference", Document::array()}}}));
    EXPECT_EQ(run({"ring", "lookup", "k"}).exit_code, 1);

    agent_.answer("ping",
                  {{"name", "elm"}, {"address", "a:1"}, {"answered", false}, {"rtt_ms", nullptr}});
    EXPECT_EQ(run({"ping", "elm"}).exit_code, 1);

    agent_.answer("leave", {{"acknowledged", 0}});
    const Finished leave = run({"leave"});
    EXPECT_EQ(leave.exit_code, 1);
    EXPECT_EQ(leave.err,
              "memberctl: left, but none of 2 other members acknowledged it: they will notice by "
              "themselves.\n");
    EXPECT_EQ(run({"ping", "elm", "--format", "json"}).exit_code, 1);

    agent_.refuse("info", "bad_request", "unknown argument x");
    EXPECT_EQ(run({"info"}).exit_code, 2);
    agent_.refuse("info", "unknown_op", "");
    EXPECT_EQ(run({"info"}).err,
              "memberctl: this agent is of an older version, which cannot answer this.\n");
}

TEST_F(Memberctl, ExitsWithTwoOnAWrongCommandLineWithoutAskingAnybody) {
    const Finished wrong = run({"members", "--bogus"});
    EXPECT_EQ(wrong.exit_code, 2);
    EXPECT_EQ(wrong.out, "");
    EXPECT_EQ(lines_of(wrong.err), 1U);
    EXPECT_EQ(run({"keys", "list"}).exit_code, 2);
    EXPECT_TRUE(agent_.requests().empty());
}

TEST_F(Memberctl, ExitsWithThreeWhenTheAgentCannotBeReached) {
    agent_.stop();
    const Finished gone = run({"members"});
    EXPECT_EQ(gone.exit_code, 3);
    EXPECT_EQ(gone.out, "");
    EXPECT_EQ(gone.err, "memberctl: the agent of " + agent_.directory() +
                            " is gone and has left its socket behind: start memberd again.\n");
    EXPECT_EQ(run({"events"}).exit_code, 3);

    const std::string nowhere = agent_.directory() + "/nowhere";
    EXPECT_EQ(run({"--runtime-dir", nowhere, "members"}).exit_code, 3);
    ProgramSetup elsewhere = setup({"members"});
    elsewhere.command[2] = nowhere;
    EXPECT_EQ(run_program(elsewhere).exit_code, 3);
    elsewhere.command[2] = "/tmp/" + std::string(120, 'x');
    EXPECT_EQ(run_program(elsewhere).exit_code, 3);
}

TEST_F(Memberctl, ExitsWithThreeWhenNoAnswerComesInTime) {
    FakeAgent silent;
    for (const Words& words :
         {Words{"members"}, Words{"info", "--format", "json"}, Words{"ring", "lookup", "k"}}) {
        ProgramSetup patient = setup(words);
        patient.command[2] = silent.directory();
        patient.command.insert(patient.command.end(), {"--timeout", "0.2"});
        const Finished finished = run_program(patient);
        EXPECT_EQ(finished.exit_code, 3);
        EXPECT_EQ(finished.out, "");
        EXPECT_EQ(finished.err,
                  "memberctl: the agent in " + silent.directory() +
                      " did not answer within 0.2 s: it may be stopped or overloaded.\n");
    }
    // The events socket lives, but there is never a snapshot.
    ProgramSetup follow = setup({"events", "--timeout", "0.2"});
    follow.command[2] = silent.directory();
    EXPECT_EQ(run_program(follow).exit_code, 3);
    // An agent that answers nothing is no reason not to say one's own version.
    ProgramSetup version = setup({"version", "--timeout", "0.2"});
    version.command[2] = silent.directory();
    EXPECT_EQ(run_program(version).out, "memberctl 0.1.0\nagent: none answers\n");
}

TEST_F(Memberctl, FindsTheAgentOfItsUserByItself) {
    ProgramSetup plain = setup({"members"});
    plain.command.erase(plain.command.begin() + 1, plain.command.begin() + 3);
    plain.environment.emplace_back("XDG_RUNTIME_DIR", "/nonexistent");
    const Finished finished = run_program(plain);
    EXPECT_EQ(finished.exit_code, 3);
    const std::string expected = ::geteuid() == 0 ? "/run/memberd" : "/nonexistent/memberd";
    EXPECT_NE(finished.err.find(expected), std::string::npos) << finished.err;
}

TEST_F(Memberctl, SurvivesGarbageInPlaceOfAnswers) {
    const std::vector<Document> shapes{Document(),
                                       Document(1),
                                       Document("x"),
                                       Document::array(),
                                       Document::array({Document(), 1, "x"}),
                                       Document::object()};
    for (const Case& command : every_command()) {
        for (const Document& shape : shapes) {
            for (const local::ReplyStatus status :
                 {local::ReplyStatus::Ok, local::ReplyStatus::Error}) {
                agent_.reply(command.op, status, shape);
                Words words = command.words;
                words.insert(words.end(), {"--timeout", "0.5"});
                const Finished finished = run(words);
                EXPECT_GE(finished.exit_code, 0) << command.op << shape;
                EXPECT_LE(finished.exit_code, 3) << command.op << shape;
            }
        }
    }
}

TEST_F(Memberctl, TakesBytesThatAreNoReplyForSilence) {
    for (const local::MessageBytes& bytes :
         {local::MessageBytes{}, local::MessageBytes{0xC1}, local::MessageBytes(1000, 0x91),
          local::MessageBytes{0xDD, 0xFF, 0xFF, 0xFF, 0xFF}, local::MessageBytes(300'000, 0x00)}) {
        agent_.reply_bytes("members", bytes);
        EXPECT_EQ(run({"members", "--timeout", "0.3"}).exit_code, 3);
    }
}

TEST_F(Memberctl, EndsQuietlyWhenNobodyReadsItsOutput) {
    for (const Words& words : {Words{"members"}, Words{"events", "--snapshot"},
                               Words{"members", "--watch"}, Words{"help"}}) {
        ProgramSetup unread = setup(words);
        unread.closed_pipe = true;
        const Finished finished = run_program(unread);
        EXPECT_EQ(finished.exit_code, 0) << words.front();
        EXPECT_EQ(finished.err, "") << words.front();
    }
}

TEST_F(Memberctl, SaysSoWhenItsOutputCannotBeWritten) {
    ProgramSetup full = setup({});
    full.command = {"/bin/sh", "-c", std::string(MEMBERD_MEMBERCTL) + " help > /dev/full"};
    const Finished finished = run_program(full);
    EXPECT_EQ(finished.exit_code, 1);
    EXPECT_EQ(finished.err, "memberctl: stdout can't be written: No space left on device.\n");
}

TEST_F(Memberctl, ColoursOnATerminalAndNeverWithNoColor) {
    ProgramSetup terminal = setup({"members"});
    terminal.terminal = true;
    EXPECT_NE(run_program(terminal).out.find("\x1b[1;31mdead"), std::string::npos);

    terminal.environment.emplace_back("NO_COLOR", "1");
    EXPECT_EQ(run_program(terminal).out.find("\x1b[1;31m"), std::string::npos);
}

TEST_F(Memberctl, KeepsEveryTableWithinAHundredColumns) {
    const std::string name(300, 'n');
    MemberInfo wide = member(name, MemberState::Suspect);
    wide.zone = name;
    wide.tags = {{name, name}};
    wide.address = "[2001:db8:1111:2222:3333:4444:5555:6666]:65535";
    wide.weight_milli = 1'234'567;
    answer_members({wide, wide});
    const Document place{
        {"name", name}, {"weight", 1.0}, {"zone", name}, {"vnodes", 160}, {"share", 1.0}};
    agent_.answer("ring", {{"digest", "0123456789abcdef"},
                           {"agreement", 1.0},
                           {"balance", 1.0},
                           {"members", Document::array({place})}});
    agent_.answer("ring_lookup",
                  Document::array({{{"key", name},
                                    {"hash", "0123456789abcdef"},
                                    {"owner", name},
                                    {"preference", Document::array({name, name})}}}));
    agent_.answer(
        "ring_plan",
        {{"moved_share", 1.0},
         {"transfers", Document::array({{{"from", name}, {"to", name}, {"share", 1.0}}})}});
    agent_.answer(
        "why",
        {{"name", name},
         {"state", "dead"},
         {"evidence", Document::array({{{"text", name + ' ' + name}, {"kind", "suspected"}}})}});
    agent_.answer("info",
                  {{"name", name}, {"tags", {{name, name}}}, {"doubt", name}, {"local_health", 1}});
    agent_.answer("ping", {{"name", name}, {"address", name}, {"answered", true}, {"rtt_ms", 1.0}});
    agent_.answer("tags_set", {{"tags", {{name, name}}}});
    agent_.answer("join", {{"joined", true}, {"members", 4}, {"refused", Document::array({name})}});
    for (const Case& command : every_command()) {
        const std::string out = run(command.words).out;
        for (std::size_t begin = 0; begin < out.size();) {
            const std::size_t end = out.find('\n', begin);
            EXPECT_LE(ctl::width(out.substr(begin, end - begin)), 100U) << command.op << '\n'
                                                                        << out;
            begin = end + 1;
        }
    }
}

TEST_F(Memberctl, StreamsEventsAsTheyHappenUntilInterrupted) {
    Program events(setup({"events", "--snapshot", "--format", "json"}));
    ASSERT_TRUE(events.wait_for("\"elm\""));
    agent_.publish(member_event("fir", MemberState::Alive));
    ASSERT_TRUE(events.wait_for("\"fir\""));
    agent_.publish(member_event("fir", MemberState::Suspect));
    ASSERT_TRUE(events.wait_for("\"type\":\"suspect\""));
    events.send(SIGINT);
    EXPECT_EQ(events.wait(), 0);

    std::vector<Document> lines;
    for (std::size_t begin = 0; begin < events.out().size();) {
        const std::size_t end = events.out().find('\n', begin);
        lines.push_back(Document::parse(events.out().substr(begin, end - begin)));
        begin = end + 1;
    }
    ASSERT_EQ(lines.size(), 4U);
    EXPECT_EQ(lines[0]["snapshot"], true);
    EXPECT_EQ(lines[0]["member"]["name"], "ash");
    EXPECT_EQ(lines[0]["seq"], 0);
    EXPECT_EQ(lines[1]["type"], "dead");
    EXPECT_FALSE(lines[2].contains("snapshot"));
    EXPECT_EQ(lines[2]["seq"], 1);
    EXPECT_EQ(lines[3]["seq"], 2);
    EXPECT_EQ(lines[3]["member"]["state"], "suspect");
    EXPECT_EQ(events.err(), "");
}

TEST_F(Memberctl, StreamsOnlyTheTypesAskedFor) {
    Program events(setup({"events", "--snapshot", "--type", "dead"}));
    ASSERT_TRUE(events.wait_for("elm"));
    agent_.publish(member_event("fir", MemberState::Alive));
    agent_.publish(member_event("fir", MemberState::Dead));
    ASSERT_TRUE(events.wait_for("fir"));
    events.send(SIGTERM);
    EXPECT_EQ(events.wait(), 0);
    EXPECT_EQ(lines_of(events.out()), 2U);
    EXPECT_EQ(events.out().find("alive"), std::string::npos);
}

TEST_F(Memberctl, TellsThatChangesWereLostAndWhatIsTrueNow) {
    Program events(setup({"events", "--format", "json"}));
    // Without --snapshot nothing says that it has begun to listen.
    while (agent_.requests().empty()) {
        ASSERT_FALSE(events.wait(Program::Seconds{0}));
    }
    agent_.publish(member_event("fir", MemberState::Alive));
    ASSERT_TRUE(events.wait_for("\"fir\""));
    agent_.lose_one();
    agent_.lose_one();
    answer_members({member("oak", MemberState::Alive)});
    ASSERT_TRUE(events.wait_for("\"oak\""));
    EXPECT_NE(events.out().find("\"seq\":3,"), std::string::npos);
    EXPECT_NE(events.out().find("\"type\":\"gap\",\"after\":1,\"restarted\":false}\n"),
              std::string::npos)
        << events.out();

    agent_.restart(40);
    answer_members({member("yew", MemberState::Alive)});
    ASSERT_TRUE(events.wait_for("\"yew\""));
    EXPECT_NE(events.out().find("\"type\":\"gap\",\"after\":3,\"restarted\":true}\n"),
              std::string::npos);
    events.send(SIGINT);
    EXPECT_EQ(events.wait(), 0);
}

TEST_F(Memberctl, StopsFollowingAnAgentThatIsGone) {
    Program events(setup({"events", "--snapshot", "--timeout", "0.5"}));
    ASSERT_TRUE(events.wait_for("elm"));
    agent_.stop();
    EXPECT_EQ(events.wait(), 3);
    EXPECT_NE(events.err().find("has not been heard of"), std::string::npos);
}

TEST_F(Memberctl, WatchesMembersLineByLineWhereNobodyLooks) {
    Program watch(setup({"members", "--watch"}));
    ASSERT_TRUE(watch.wait_for("2 members: 1 alive, 1 dead\n"));
    agent_.publish(member_event("ash", MemberState::Suspect));
    ASSERT_TRUE(watch.wait_for("03:04:05.678  suspect    ash  127.0.0.1:7751\n"));
    watch.send(SIGINT);
    EXPECT_EQ(watch.wait(), 0);

    Program json(setup({"members", "--watch", "--format", "json", "--state", "dead"}));
    ASSERT_TRUE(json.wait_for("]\n"));
    EXPECT_EQ(Document::parse(json.out()).size(), 1U);
    json.send(SIGINT);
    EXPECT_EQ(json.wait(), 0);
}

TEST_F(Memberctl, RedrawsTheTableOnATerminal) {
    ProgramSetup terminal = setup({"members", "--watch"});
    terminal.terminal = true;
    Program watch(terminal);
    ASSERT_TRUE(watch.wait_for("2 members"));
    answer_members({member("oak", MemberState::Alive)});
    ASSERT_TRUE(watch.wait_for("oak"));
    EXPECT_NE(watch.out().find("\x1b[H"), std::string::npos);
    watch.send(SIGINT);
    EXPECT_EQ(watch.wait(), 0);
}

}  // namespace
}  // namespace memberd
