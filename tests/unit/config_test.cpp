#include "membership/config.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "membership/options.hpp"

namespace memberd {
namespace {

using ::testing::HasSubstr;

Surroundings around() {
    return Surroundings{"here", {*parse_endpoint("127.0.0.1:1")}, "/run/memberd"};
}

std::string refusal(const Options& options) {
    const auto config = make_config(options, around());
    return config ? "accepted" : config.error().text;
}

TEST(Options, AFileMaySayEverythingThatFlagsMay) {
    const auto options = parse_options(R"(
name = "n"
cluster = "c"
bind = "127.0.0.1:1"
advertise = "127.0.0.1:2"
join = ["a:1", "b:2"]
zone = "z"
weight = 0.5
profile = "wan"
detection = "swim"
runtime-dir = "/r"
data_dir = "/d"
insecure = true
log-level = "debug"
log_format = "json"
leave_on_term = false
restart_grace = 10
[tags]
role = "store"
)",
                                       "f.toml");

    ASSERT_TRUE(options) << options.error().text;
    EXPECT_EQ(options->name, "n");
    EXPECT_EQ(options->join, (std::vector<std::string>{"a:1", "b:2"}));
    EXPECT_EQ(options->weight, "0.5");
    EXPECT_EQ(options->runtime_dir, "/r");
    EXPECT_EQ(options->data_dir, "/d");
    EXPECT_EQ(options->leave_on_term, false);
    EXPECT_EQ(options->restart_grace_s, 10.0);
    EXPECT_EQ(options->tags.at("role"), "store");
}

TEST(Options, WhatIsWrongInAFileIsNamedWithItsLine) {
    const auto error = [](const char* toml) {
        const auto options = parse_options(toml, "f.toml");
        return options ? "accepted" : options.error().text;
    };
    EXPECT_EQ(error("\nnonsense = 1"), "f.toml:2: unknown setting \"nonsense\"");
    EXPECT_EQ(error("name = 7"), "f.toml:1: name must be a string");
    EXPECT_EQ(error("\n\ninsecure = \"yes\""), "f.toml:3: insecure must be true or false");
    EXPECT_EQ(error("join = \"a:1\""), "f.toml:1: join must be an array of \"HOST:PORT\"");
    EXPECT_EQ(error("[tags]\nrole = 1"), "f.toml:2: role must be a string");
    EXPECT_EQ(error("weight = true"), "f.toml:1: weight must be a number");
    EXPECT_THAT(error("name = \n"), HasSubstr("f.toml:1:"));
    EXPECT_THAT(error("name = \"a\"\nname = \"b\""), HasSubstr("f.toml:2:"));
}

TEST(Options, FlagsWinOverTheFile) {
    Options file;
    file.name = "file";
    file.zone = "file";
    file.join = {"a:1"};
    file.tags = {{"a", "file"}, {"b", "file"}};
    Options flags;
    flags.name = "flag";
    flags.join = {"b:1"};
    flags.tags = {{"b", "flag"}};

    const Options merged = merge(file, flags);

    EXPECT_EQ(merged.name, "flag");
    EXPECT_EQ(merged.zone, "file");
    EXPECT_EQ(merged.join, flags.join);
    EXPECT_EQ(merged.tags, (std::map<std::string, std::string>{{"a", "file"}, {"b", "flag"}}));
}

TEST(Config, DefaultsAreWhatTheInterfacePromises) {
    const auto config = make_config(Options{}, around());

    ASSERT_TRUE(config) << config.error().text;
    EXPECT_EQ(config->name, "here");
    EXPECT_EQ(config->cluster, "default");
    EXPECT_EQ(to_string(config->bind), "127.0.0.1:7747");
    EXPECT_FALSE(config->advertise);
    EXPECT_EQ(config->attributes.weight_milli, 1000U);
    EXPECT_EQ(config->profile, TimingProfile::Lan);
    EXPECT_EQ(config->detection, Mode::Memberd);
    EXPECT_EQ(config->runtime_dir, "/run/memberd");
    EXPECT_TRUE(config->leave_on_term);
    EXPECT_EQ(config->restart_grace, std::chrono::seconds(30));
}

TEST(Config, EveryRefusalNamesItsSetting) {
    const auto with = [](auto member, const auto& value) {
        Options options;
        options.*member = value;
        return refusal(options);
    };
    const std::string text = "x";
    EXPECT_THAT(with(&Options::bind, text), HasSubstr("--bind"));
    EXPECT_THAT(with(&Options::bind, std::string("10.0.0.1:1")), HasSubstr("--insecure"));
    EXPECT_THAT(with(&Options::bind, std::string("::1:1")), HasSubstr("--bind"));
    EXPECT_THAT(with(&Options::advertise, std::string("0.0.0.0:1")), HasSubstr("--advertise"));
    EXPECT_THAT(with(&Options::advertise, std::string("127.0.0.1:0")), HasSubstr("--advertise"));
    EXPECT_THAT(with(&Options::weight, text), HasSubstr("--weight"));
    EXPECT_THAT(with(&Options::weight, std::string("101")), HasSubstr("--weight"));
    EXPECT_THAT(with(&Options::weight, std::string("-1")), HasSubstr("--weight"));
    EXPECT_THAT(with(&Options::profile, text), HasSubstr("--profile"));
    EXPECT_THAT(with(&Options::detection, text), HasSubstr("--detection"));
    EXPECT_THAT(with(&Options::log_level, text), HasSubstr("--log-level"));
    EXPECT_THAT(with(&Options::log_format, text), HasSubstr("--log-format"));
    EXPECT_THAT(with(&Options::name, std::string()), HasSubstr("--name"));
    EXPECT_THAT(with(&Options::name, std::string(65, 'n')), HasSubstr("--name"));
    EXPECT_THAT(with(&Options::name, std::string("a\nb")), HasSubstr("--name"));
    EXPECT_THAT(with(&Options::name, std::string("\xff")), HasSubstr("--name"));
    EXPECT_THAT(with(&Options::cluster, std::string(65, 'c')), HasSubstr("--cluster"));
    EXPECT_THAT(with(&Options::zone, std::string(65, 'z')), HasSubstr("--zone"));
    EXPECT_THAT(with(&Options::keys, text), HasSubstr("--keys"));
    EXPECT_THAT(with(&Options::http, text), HasSubstr("--http"));
    EXPECT_THAT(with(&Options::runtime_dir, std::string(100, 'x')), HasSubstr("107"));
    EXPECT_THAT(with(&Options::restart_grace_s, 0.0), HasSubstr("restart_grace"));
    EXPECT_THAT(with(&Options::restart_grace_s, 3601.0), HasSubstr("restart_grace"));
    EXPECT_THAT(with(&Options::join, std::vector<std::string>{"host"}), HasSubstr("--join"));
    EXPECT_THAT(with(&Options::join, std::vector<std::string>{"host:0"}), HasSubstr("--join"));
    EXPECT_EQ(with(&Options::name, std::string(64, 'n')), "accepted");
}

TEST(Config, TagsEndAtTheirLimits) {
    Options options;
    options.tags[std::string(64, 'k')] = std::string(512, 'v');
    EXPECT_EQ(refusal(options), "accepted");
    options.tags[std::string(65, 'k')] = "v";
    EXPECT_THAT(refusal(options), HasSubstr("64 bytes"));
    options.tags = {{"k", std::string(513, 'v')}};
    EXPECT_THAT(refusal(options), HasSubstr("512 bytes"));
    options.tags.clear();
    for (int i = 0; i < 64; ++i) {
        options.tags[std::to_string(i)] = "v";
    }
    EXPECT_EQ(refusal(options), "accepted");
    options.tags["one more"] = "v";
    EXPECT_THAT(refusal(options), HasSubstr("at most 64 tags"));
}

TEST(Config, AWildcardAdvertisesTheFirstGlobalAddress) {
    Options options;
    options.bind = "0.0.0.0:7000";
    options.insecure = true;
    EXPECT_THAT(refusal(options), HasSubstr("--advertise"));

    Surroundings machine = around();
    for (const char* address : {"169.254.1.1:1", "[fe80::1]:1", "[2001:db8::1]:1", "10.1.2.3:1"}) {
        machine.interface_addresses.push_back(*parse_endpoint(address));
    }
    const auto config = make_config(options, machine);
    ASSERT_TRUE(config) << config.error().text;
    EXPECT_EQ(to_string(*config->advertise), "10.1.2.3:7000");

    options.bind = "[::]:7000";
    EXPECT_EQ(to_string(*make_config(options, machine)->advertise), "[2001:db8::1]:7000");

    options.advertise = "192.0.2.9:8000";
    EXPECT_EQ(to_string(*make_config(options, machine)->advertise), "192.0.2.9:8000");
}

}  // namespace
}  // namespace memberd
