// Members of other protocol versions beside ours, and the way from one to the next.
#include <gtest/gtest.h>

#include "chaos/sim/dialect.hpp"
#include "gossip/codec.hpp"
#include "tests/sim/support/cluster_case.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

std::vector<std::uint8_t> some_ping() {
    std::vector<std::uint8_t> bytes;
    Envelope envelope;
    envelope.name = "a";
    envelope.instance = 1;
    envelope.generation = 1;
    Encoder(bytes).ping(envelope, {7, true}, 0);
    return bytes;
}

TEST(Dialect, OfALaterMinorIsReadByUsAsIfNothingHadBeenAppended) {
    const std::vector<std::uint8_t> ping = some_ping();
    Speech speech(Dialect::LaterMinor, 1);
    std::size_t longer = 0;
    for (int i = 0; i < 100; ++i) {
        const Bytes said = speech.say(ping);
        longer += said.size() > ping.size() ? 1U : 0U;
        Message message;
        ASSERT_EQ(decode(said, message), DecodeStatus::Ok);
        ASSERT_NE(std::get_if<Ping>(&message.body), nullptr);
        EXPECT_EQ(std::get<Ping>(message.body).sequence, 7U);
        const Bytes more = speech.add();
        EXPECT_TRUE(more.empty() || decode(more, message) == DecodeStatus::UnknownType);
    }
    EXPECT_GT(longer, 50U);
    EXPECT_GT(speech.added(), 0U);
}

TEST(Dialect, OfTheNextVersionIsUnderstoodByItsOwnKindOnly) {
    const std::vector<std::uint8_t> ping = some_ping();
    Speech speech(Dialect::NextVersion, 1);
    Speech listener(Dialect::NextVersion, 2);
    Message message;

    EXPECT_EQ(decode(speech.say(ping), message), DecodeStatus::OtherVersion);
    EXPECT_EQ(decode(listener.hear(speech.say(ping)), message), DecodeStatus::Ok);
    EXPECT_EQ(decode(listener.hear(ping), message), DecodeStatus::OtherVersion);
}

class Versions : public ::testing::TestWithParam<ClusterCase> {};

INSTANTIATE_TEST_SUITE_P(AllModes, Versions, ::testing::ValuesIn(cases_of({4, 10})), case_name);

// F21: half and half, then all, one after the other.
TEST_P(Versions, ChangeOneMemberAfterTheOtherWithoutADeathOrAnAbsence) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    std::vector<Member> order;
    for (Member member = 0; member < cluster.size(); ++member) {
        order.insert(member % 2 == 0 ? order.begin() : order.end(), member);
    }
    for (const Member member : order) {
        cluster.announce_restart(member);
        ASSERT_TRUE(cluster.run_until([&] { return !cluster.is_up(member); }, 3s));
        cluster.change_dialect(member, Dialect::LaterMinor);
        cluster.restart(member);
        ASSERT_TRUE(sees_all(cluster, 10s)) << cluster.explain();
        EXPECT_GT(cluster.world().speech(member)->appended(), 0U);
        for (const Member observer : cluster.up()) {
            EXPECT_EQ(cluster.engine(observer).status(cluster.now()).alive, cluster.size());
        }
    }

    cluster.run_for(10s);
    EXPECT_TRUE(cluster.run_until([&] { return cluster.views_equal(); }, 60s));
    EXPECT_TRUE(cluster.deaths().empty()) << cluster.explain();
    std::uint64_t unknown = 0;
    for (const Member member : cluster.up()) {
        const EngineCounters& counters = cluster.engine(member).counters();
        EXPECT_EQ(counters.malformed, 0U);
        EXPECT_EQ(counters.other_version, 0U);
        unknown += counters.unknown_type;
    }
    EXPECT_GT(unknown, 0U);
    expect_sound(cluster);
}

TEST_P(Versions, ThatAreMixedFindADeathAsEverybodyElse) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(5s);
    for (Member member = 0; member < cluster.size(); member += 2) {
        cluster.kill(member);
        cluster.change_dialect(member, Dialect::LaterMinor);
        cluster.restart(member);
        ASSERT_TRUE(sees_all(cluster, 10s)) << cluster.explain();
    }
    cluster.run_for(10s);
    cluster.kill(1);

    EXPECT_TRUE(cluster.expect_everywhere(1, MemberState::Dead, detection_limit(GetParam())))
        << cluster.explain();
    cluster.restart(1);
    EXPECT_TRUE(sees_all(cluster, 10s)) << cluster.explain();
    EXPECT_EQ(cluster.history().false_deaths(), 0U) << cluster.explain();
    expect_sound(cluster);
}

TEST_P(Versions, ThatCannotUnderstandOneAnotherRefuseWithAReasonAndListNobody) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(15s);
    NewMember next;
    next.dialect = Dialect::NextVersion;
    const Member stranger = cluster.add(next);
    EXPECT_TRUE(cluster.run_until([&] { return !cluster.is_up(stranger); }, 5s))
        << "it was not refused";
    ASSERT_FALSE(cluster.world().notices(stranger).empty());
    const Notice& last = cluster.world().notices(stranger).back();
    EXPECT_EQ(last.code, static_cast<std::uint8_t>(RefuseCode::OtherVersion));
    EXPECT_NE(last.text.find("protocol version 1"), std::string::npos) << last.text;
    cluster.run_for(10s);

    EXPECT_GT(cluster.engine(0).counters().other_version, 0U);
    for (const Member member : cluster.up()) {
        EXPECT_EQ(cluster.state(member, stranger), std::nullopt);
    }
    EXPECT_TRUE(cluster.all_see_all()) << cluster.explain();
    expect_sound(cluster);
}

TEST_P(Versions, ThatAreNextFindOneAnother) {
    Cluster cluster(options_of(GetParam()));
    cluster.run_for(1s);
    NewMember next;
    next.dialect = Dialect::NextVersion;
    next.seeds = {};
    const Member first = cluster.add(next);
    next.seeds = {first};
    const Member second = cluster.add(next);

    EXPECT_TRUE(
        cluster.run_until([&] { return cluster.state(first, second) == MemberState::Alive; }, 5s));
    expect_sound(cluster);
}

}  // namespace
}  // namespace memberd::sim
