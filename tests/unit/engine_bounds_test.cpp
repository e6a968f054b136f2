// What others send must not make anything of ours grow without bound.
#include <gtest/gtest.h>

#include "gossip/engine_impl.hpp"
#include "tests/unit/support/engine_rig.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

class Bounds : public ::testing::Test {
  protected:
    Bounds() : impl({}, profile_of("self", 7000, 0xabc), 10, pool, 1, kRigStart) {}

    Envelope envelope(std::string_view name, std::uint64_t instance) {
        Envelope made;
        made.cluster = impl.core.cluster_hash;
        made.name = name;
        made.instance = instance;
        made.generation = 1 + random.below(100);
        return made;
    }

    void receive(const std::vector<std::uint8_t>& bytes) {
        impl.begin(now, out);
        impl.receive(random.next() | 1U, bytes);
        impl.end();
        out.clear();
    }

    ProfilePool pool;
    Random random{17};
    Instant now = kRigStart;
    Output out;
    EngineImpl impl;
};

TEST_F(Bounds, MessagesOfAHundredThousandStrangersLeaveNothingBehind) {
    const std::size_t timers = impl.core.timers.size();
    for (int i = 0; i < 100'000; ++i) {
        const std::string name = "stranger" + std::to_string(i);
        const std::uint64_t instance = random.next() | 1U;
        const auto sequence = static_cast<std::uint32_t>(random.next());
        std::vector<std::uint8_t> bytes;
        Encoder encoder(bytes);
        switch (i % 7) {
            case 0:
                encoder.ping(envelope(name, instance), {sequence, true}, 0);
                break;
            case 1:
                encoder.ack(envelope(name, instance), {sequence, 100}, 0);
                break;
            case 2:
                encoder.ping_req(envelope(name, instance), {sequence, "self", 0xabc, 100}, 0);
                break;
            case 3:
                encoder.nack(envelope(name, instance), {sequence}, 0);
                break;
            case 4:
                encoder.alive(envelope(name, instance), {"self", 0xabc, sequence, 1}, 0);
                break;
            case 5:
                encoder.leave(envelope(name, instance), {sequence}, 0);
                break;
            default:
                encoder.suspicion(envelope(name, instance), 1, 0);
                encoder.suspicion_entry({"self", 0xabc, 10, 0, 500, 0});
                break;
        }
        receive(bytes);
    }
    EXPECT_EQ(impl.core.counters.received, 100'000U);
    EXPECT_EQ(impl.core.roster.size(), 1U);
    EXPECT_EQ(impl.core.timers.size(), timers);
    EXPECT_EQ(impl.core.queue.size(), 0U);
    EXPECT_EQ(impl.digests.size(), 0U);
    EXPECT_LE(pool.size(), 1U);
}

TEST_F(Bounds, ClaimsAboutAHundredThousandUnknownNamesFillTheTableUpToItsLimit) {
    for (int i = 0; i < 100'000; ++i) {
        Peer peer;
        peer.profile = profile_of("name" + std::to_string(i), 8000, random.next() | 1U);
        Said said = with_profile(dead(peer, {}), peer);
        said.claim.state = static_cast<MemberState>(random.below(4));
        std::vector<std::uint8_t> bytes;
        Encoder encoder(bytes);
        encoder.sync(envelope("liar", 5), 0, {}, 1);
        encoder.update(update_of(said));
        impl.begin(now, out);
        impl.receive(3, bytes);
        impl.pass_events();
        impl.core.out = nullptr;
        out.clear();
    }
    EXPECT_LE(impl.core.roster.size(), kRecordCountMax);
    EXPECT_GT(impl.core.counters.members_refused, 0U);
    EXPECT_LE(impl.core.roster.count(MemberState::Dead),
              2 * std::max<std::size_t>(256, impl.core.roster.live()));
    EXPECT_LE(impl.core.queue.size(), impl.core.roster.size());
    EXPECT_LE(impl.core.timers.size(), 100U);
    EXPECT_LE(pool.size(), std::size_t{kRecordCountMax} + 1);
}

TEST_F(Bounds, RepeatedSuspicionsSetNoMoreTimersThanThereAreSubjects) {
    std::vector<MemberView> members;
    for (int i = 0; i < 40; ++i) {
        const Profile profile = profile_of("p" + std::to_string(i), 8000, 7);
        members.push_back({pool.acquire(profile), {7, 1, 0, MemberState::Alive}, now});
    }
    impl.begin(now, out);
    for (const MemberView& member : members) {
        impl.claims.restore(member);
    }
    impl.end();
    for (int i = 0; i < 20'000; ++i) {
        std::vector<std::uint8_t> bytes;
        Encoder encoder(bytes);
        const std::string accuser = "p" + std::to_string(i % 40);
        const std::string subject = "p" + std::to_string((i + 1 + i / 40 % 39) % 40);
        encoder.suspicion(envelope(accuser, 7), 1, 0);
        encoder.suspicion_entry({subject, 7, 1, 0, 100, 0});
        receive(bytes);
    }
    EXPECT_LE(impl.core.timers.size(), 300U);
    for (const MemberView& member : members) {
        pool.release(member.profile);
    }
}

TEST_F(Bounds, GarbageIsCountedByKindAndChangesNothing) {
    const std::uint64_t digest = impl.core.roster.view_digest();
    receive({});
    receive({0xc1});
    receive({0x9b, 0x02});        // another version, cut short
    receive({0x92, 0x02, 0x01});  // another version
    std::vector<std::uint8_t> unknown_type;
    Encoder(unknown_type).nack(envelope("a", 1), {5}, 0);
    ASSERT_EQ(unknown_type[2], static_cast<std::uint8_t>(MessageType::Nack));
    unknown_type[2] = 99;
    receive(unknown_type);
    std::vector<std::uint8_t> other_cluster;
    Envelope foreign = envelope("a", 1);
    foreign.cluster ^= 1U;
    Encoder(other_cluster).nack(foreign, {5}, 0);
    receive(other_cluster);
    EXPECT_EQ(impl.core.counters.received, 6U);
    EXPECT_EQ(impl.core.counters.malformed + impl.core.counters.other_version, 4U);
    EXPECT_GE(impl.core.counters.malformed, 2U);
    EXPECT_GE(impl.core.counters.other_version, 1U);
    EXPECT_EQ(impl.core.counters.unknown_type, 1U);
    EXPECT_EQ(impl.core.counters.other_cluster, 1U);

    for (int i = 0; i < 20'000; ++i) {
        std::vector<std::uint8_t> bytes(random.below(200));
        for (std::uint8_t& byte : bytes) {
            byte = static_cast<std::uint8_t>(random.next());
        }
        receive(bytes);
    }
    EXPECT_EQ(impl.core.roster.view_digest(), digest);
    EXPECT_EQ(impl.core.roster.size(), 1U);
}

TEST_F(Bounds, ThePingOfAStrangerIsAnsweredByAckAndByASummaryOfTheTable) {
    std::vector<std::uint8_t> bytes;
    Encoder(bytes).ping(envelope("stranger", 5), {77, false}, 0);
    impl.begin(now, out);
    impl.receive(9, bytes);
    impl.end();
    ASSERT_EQ(out.sends.size(), 2U);
    Message ack;
    Message sync;
    ASSERT_EQ(decode(out.bytes_of(out.sends[0]), ack), DecodeStatus::Ok);
    ASSERT_EQ(decode(out.bytes_of(out.sends[1]), sync), DecodeStatus::Ok);
    EXPECT_EQ(std::get<Ack>(ack.body).sequence, 77U);
    EXPECT_EQ(std::get<Sync>(sync.body).items.count, 1U);
    EXPECT_EQ(out.sends[0].reply_to, 9U);
    EXPECT_EQ(out.sends[1].reply_to, 9U);
}

}  // namespace
}  // namespace memberd::tests
