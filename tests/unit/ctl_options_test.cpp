#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cli/ctl/help.hpp"
#include "cli/ctl/options.hpp"
#include "cli/ctl/text.hpp"

namespace memberd::ctl {
namespace {

using Words = std::vector<std::string>;

Options accepted(const Words& words) {
    const CommandLine line = parse_command_line(words);
    EXPECT_EQ(line.exit_code, kExitDone);
    EXPECT_EQ(line.error, "");
    EXPECT_TRUE(line.options);
    return line.options.value_or(Options{});
}

// The sentence.
std::string refused(const Words& words) {
    const CommandLine line = parse_command_line(words);
    EXPECT_FALSE(line.options);
    EXPECT_EQ(line.exit_code, kExitUsage) << (words.empty() ? "" : words.back());
    EXPECT_TRUE(line.error.ends_with('.')) << line.error;
    EXPECT_EQ(line.error.find('\n'), std::string::npos) << line.error;
    EXPECT_EQ(line.text, "");
    return line.error;
}

TEST(CtlOptions, AcceptsTheCommonOptionsBeforeAndAfterTheCommand) {
    for (const Words& words :
         {Words{"--runtime-dir", "/d", "--format", "json", "--timeout", "2.5", "members"},
          Words{"members", "--runtime-dir", "/d", "--format", "json", "--timeout", "2.5"},
          Words{"--format=json", "members", "--timeout=2.5", "--runtime-dir=/d"}}) {
        const Options options = accepted(words);
        EXPECT_EQ(options.command, Command::Members);
        EXPECT_EQ(options.runtime_dir, "/d");
        EXPECT_EQ(options.format, Format::Json);
        EXPECT_EQ(options.timeout, std::chrono::milliseconds{2500});
    }
    const Options nested = accepted({"ring", "--timeout", "1", "lookup", "k", "--format", "json"});
    EXPECT_EQ(nested.command, Command::RingLookup);
    EXPECT_EQ(nested.timeout, std::chrono::seconds{1});
    EXPECT_EQ(nested.format, Format::Json);
}

TEST(CtlOptions, LetsTheLastOfTwoEqualOptionsCount) {
    const Options options = accepted(
        {"--runtime-dir", "/a", "--timeout", "9", "info", "--runtime-dir", "/b", "--timeout", "1"});
    EXPECT_EQ(options.runtime_dir, "/b");
    EXPECT_EQ(options.timeout, std::chrono::seconds{1});
}

TEST(CtlOptions, StartsFromTablesAndFiveSeconds) {
    const Options options = accepted({"info"});
    EXPECT_EQ(options.command, Command::Info);
    EXPECT_EQ(options.format, Format::Table);
    EXPECT_EQ(options.timeout, std::chrono::seconds{5});
    EXPECT_EQ(options.runtime_dir, "");
}

TEST(CtlOptions, UnderstandsTheFiltersOfMembersAndEvents) {
    const Options members = accepted({"members", "--state", "dead", "--state", "left", "--tag",
                                      "a=b", "--tag", "c=d=e", "--zone", "", "--watch"});
    EXPECT_EQ(members.states, (Words{"dead", "left"}));
    EXPECT_EQ(members.tags, (std::vector<Tag>{{"a", "b"}, {"c", "d=e"}}));
    EXPECT_EQ(members.zone, "");
    EXPECT_TRUE(members.watch);
    EXPECT_FALSE(accepted({"members"}).zone);

    const Options events = accepted({"events", "--type", "ring", "--snapshot"});
    EXPECT_EQ(events.types, Words{"ring"});
    EXPECT_TRUE(events.snapshot);
}

TEST(CtlOptions, TakesAnyWordAsAKeyEvenTheNameOfACommand) {
    EXPECT_EQ(accepted({"ring", "lookup", "info", "lookup", "ring", "-"}).keys,
              (Words{"info", "lookup", "ring", "-"}));
    EXPECT_EQ(accepted({"ring", "lookup", "--", "--format", "-x"}).keys, (Words{"--format", "-x"}));
    EXPECT_EQ(accepted({"ring", "lookup", "k", "--replicas", "64"}).replicas, 64U);
    EXPECT_EQ(accepted({"ring", "lookup", "k"}).replicas, 3U);
    EXPECT_EQ(accepted({"why", "members"}).name, "members");
}

TEST(CtlOptions, UnderstandsAPlan) {
    const Options options = accepted({"ring", "plan", "--add", "a", "--add", "b,weight=0.5,zone=z",
                                      "--remove", "c", "--remove", "d"});
    EXPECT_EQ(options.command, Command::RingPlan);
    ASSERT_EQ(options.add.size(), 2U);
    EXPECT_EQ(options.add[0].name, "a");
    EXPECT_FALSE(options.add[0].weight);
    EXPECT_EQ(options.add[1].name, "b");
    EXPECT_EQ(options.add[1].weight, 0.5);
    EXPECT_EQ(options.add[1].zone, "z");
    EXPECT_EQ(options.remove, (Words{"c", "d"}));
}

TEST(CtlOptions, UnderstandsTheCommandsThatAct) {
    EXPECT_EQ(accepted({"join", "10.0.0.1:7747", "seed.example:1"}).addresses,
              (Words{"10.0.0.1:7747", "seed.example:1"}));
    EXPECT_EQ(accepted({"leave"}).command, Command::Leave);
    EXPECT_EQ(accepted({"forget", "ash"}).name, "ash");
    EXPECT_EQ(accepted({"ping", "ash"}).command, Command::Ping);
    EXPECT_EQ(accepted({"tags", "set", "a=b", "c="}).tags,
              (std::vector<Tag>{{"a", "b"}, {"c", ""}}));
    EXPECT_EQ(accepted({"tags", "unset", "a", "c"}).keys, (Words{"a", "c"}));
    EXPECT_EQ(accepted({"version"}).command, Command::Version);
}

TEST(CtlOptions, RefusesEveryMistakeWithOneSentenceAndExitCodeTwo) {
    for (const Words& words : {Words{},
                               Words{"member"},
                               Words{"--bogus"},
                               Words{"members", "--bogus"},
                               Words{"members", "extra"},
                               Words{"members", "info"},
                               Words{"members", "--state"},
                               Words{"members", "--state", "died"},
                               Words{"members", "--state", "alive", "dead"},
                               Words{"members", "--tag", "novalue"},
                               Words{"members", "--tag", "=v"},
                               Words{"--format", "xml", "members"},
                               Words{"--timeout", "0", "members"},
                               Words{"--timeout", "-1", "members"},
                               Words{"--timeout", "soon", "members"},
                               Words{"--timeout", "nan", "members"},
                               Words{"--timeout", "3601", "members"},
                               Words{"events", "--type", "died"},
                               Words{"why"},
                               Words{"why", "a", "b"},
                               Words{"ping"},
                               Words{"forget"},
                               Words{"join"},
                               Words{"join", "host"},
                               Words{"join", ":7747"},
                               Words{"join", "host:0"},
                               Words{"join", "host:99999"},
                               Words{"ring", "look"},
                               Words{"ring", "lookup"},
                               Words{"ring", "lookup", "k", "--replicas", "0"},
                               Words{"ring", "lookup", "k", "--replicas", "65"},
                               Words{"ring", "lookup", "k", "--replicas", "1.5"},
                               Words{"ring", "plan"},
                               Words{"ring", "plan", "--add", "a,weight=x"},
                               Words{"ring", "plan", "--add", "a,weight=-1"},
                               Words{"ring", "plan", "--add", ",zone=z"},
                               Words{"ring", "plan", "--add", "a,size=2"},
                               Words{"ring", "plan", "--add", "a,"},
                               Words{"tags"},
                               Words{"tags", "get"},
                               Words{"tags", "set"},
                               Words{"tags", "set", "a"},
                               Words{"tags", "unset"},
                               Words{"leave", "now"},
                               Words{"help", "nothing"},
                               Words{"members", "--runtime-dir"}}) {
        EXPECT_NE(refused(words), "");
    }
}

TEST(CtlOptions, NamesWhatWasWrongAndWhereToReadOn) {
    EXPECT_EQ(refused({"members", "--bogus"}),
              "memberctl members: '--bogus' is not known here: see memberctl help members.");
    EXPECT_EQ(
        refused({"members", "--state", "died"}),
        "memberctl members: 'died' is no state (there are alive, suspect, dead and left): see "
        "memberctl help members.");
    EXPECT_EQ(
        refused({"ring", "lookup", "k", "--replicas", "0"}),
        "memberctl ring lookup: --replicas '0' is no whole number from 1 to 64: see memberctl "
        "help ring lookup.");
    EXPECT_EQ(refused({"members", "--tag"}),
              "memberctl members: --tag needs one value: see memberctl help members.");
}

TEST(CtlOptions, SaysThatKeysAreNotBuilt) {
    for (const Words& words :
         {Words{"keys"}, Words{"keys", "generate", "/d"}, Words{"keys", "use", "--x"},
          Words{"--format", "json", "keys", "list"}}) {
        EXPECT_EQ(refused(words), keys_sentence());
    }
}

TEST(CtlHelp, ExistsForEveryCommandWithExamplesAndFitsAHundredColumns) {
    for (const char* command :
         {"members", "info", "events", "ring", "ring lookup", "ring plan", "why", "ping", "join",
          "leave", "forget", "tags", "tags set", "tags unset", "version", "help"}) {
        const auto text = help_of(command);
        ASSERT_TRUE(text) << command;
        EXPECT_TRUE(text->starts_with("Usage: memberctl ")) << command;
        EXPECT_NE(text->find("\nExamples\n  memberctl "), std::string::npos) << command;
        Words words{"help"};
        words.push_back(command);
        EXPECT_EQ(parse_command_line(words).text, *text);
    }
    std::string all = overview();
    for (const char* command : {"members", "events", "ring", "ring lookup", "ring plan", "why"}) {
        all += *help_of(command);
    }
    for (std::size_t begin = 0; begin < all.size();) {
        const std::size_t end = all.find('\n', begin);
        EXPECT_LE(width(all.substr(begin, end - begin)), 100U) << all.substr(begin, end - begin);
        begin = end + 1;
    }
}

TEST(CtlHelp, IsPrintedForTheOptionTooWhateverElseIsMissing) {
    EXPECT_EQ(parse_command_line({"--help"}).text, overview());
    EXPECT_EQ(parse_command_line({"help"}).text, overview());
    EXPECT_EQ(parse_command_line({"why", "--help"}).text, *help_of("why"));
    EXPECT_EQ(parse_command_line({"ring", "lookup", "-h"}).text, *help_of("ring lookup"));
    EXPECT_EQ(parse_command_line({"help", "ring", "plan"}).text, *help_of("ring plan"));
    EXPECT_EQ(parse_command_line({"--version"}).text, "memberctl 0.1.0\n");
}

}  // namespace
}  // namespace memberd::ctl
