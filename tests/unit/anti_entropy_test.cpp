// Two tables become one: what travels, and how much of it.
#include <array>
#include <deque>

#include <gtest/gtest.h>

#include "tests/unit/support/engine_rig.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

// Two engines back to back: messages arrive at once and in order, nothing is lost, no timer fires.
class Pair {
  public:
    enum class Know : std::uint8_t {
        EachOther,
        Nobody
    };

    explicit Pair(Know know = Know::EachOther) {
        for (std::uint16_t i = 0; i < 2; ++i) {
            EngineConfig config;
            config.flight_recorder_entries = 0;
            engines.emplace_back(
                config,
                profile_of(i == 0 ? "left" : "right", static_cast<std::uint16_t>(7001 + i), 1U + i),
                1, pool, 1U + i, now);
        }
        if (know == Know::Nobody) {
            return;
        }
        const MemberView views[] = {engines[0].self(), engines[1].self()};
        engines[0].restore(now, std::span(views).subspan(1), out);
        engines[1].restore(now, std::span(views).first(1), out);
        out.clear();
    }

    // `variant` is how the two views of one member may differ: it comes with another incarnation.
    void hold(int engine, int member, std::uint32_t variant = 0) {
        Profile profile = profile_of("member-" + std::to_string(member), 9, 77);
        if (variant > 0) {
            profile.tags.emplace_back("variant", std::to_string(variant));
        }
        const MemberView view{pool.acquire(profile), {77, 1, variant, MemberState::Alive}, now};
        held_[static_cast<std::size_t>(engine)].push_back(view);
    }

    // Everything that they are to hold was said.
    void fill() {
        for (std::size_t i = 0; i < 2; ++i) {
            engines[i].restore(now, held_[i], out);
        }
        out.clear();
    }

    [[nodiscard]] bool are_equal() const {
        return engines[0].status(now).view_digest == engines[1].status(now).view_digest;
    }

    // The left engine hears an ack of the right one with its digest: a reconciliation begins and
    // runs to its end.
    void reconcile() {
        now += 501ms;
        Envelope envelope;
        const MemberView right = engines[1].self();
        envelope.cluster = static_cast<std::uint32_t>(name_key("default"));
        envelope.name = "right";
        envelope.instance = right.claim.instance;
        envelope.generation = right.claim.generation;
        envelope.incarnation = right.claim.incarnation;
        envelope.view_digest = engines[1].status(now).view_digest;
        std::vector<std::uint8_t> bytes;
        Encoder(bytes).ack(envelope, {1, 0}, 0);
        engines[0].receive(now, 0, bytes, out);
        take(0);
        pump();
    }

    // The left engine joins by the right one.
    void join() {
        const Endpoint seeds[] = {endpoint_at(7002)};
        engines[0].join(now, seeds, out);
        take(0);
        pump();
    }

    // Rounds until the tables are equal.
    int reconcile_until_equal(int limit) {
        for (int round = 1; round <= limit; ++round) {
            reconcile();
            if (are_equal()) {
                return round;
            }
        }
        return limit + 1;
    }

    ProfilePool pool;
    Instant now = kRigStart;
    std::vector<Engine> engines;
    Output out;
    std::size_t messages = 0;
    std::size_t bytes_sent = 0;
    std::size_t updates_sent = 0;
    std::size_t largest = 0;

  private:
    struct Flying {
        int to = 0;
        ReplyToken token = 0;
        std::vector<std::uint8_t> bytes;
    };

    void take(int from) {
        for (const Send& send : out.sends) {
            const Bytes bytes = out.bytes_of(send);
            ++messages;
            bytes_sent += bytes.size();
            largest = std::max(largest, bytes.size());
            Message message;
            EXPECT_EQ(decode(bytes, message), DecodeStatus::Ok);
            updates_sent += message.updates.count;
            flying_.push_back(
                {1 - from, send.reply_to == 0 ? ++last_token_ : 0, {bytes.begin(), bytes.end()}});
        }
        out.clear();
    }

    void pump() {
        for (int i = 0; i < 5000 && !flying_.empty(); ++i) {
            const Flying flying = std::move(flying_.front());
            flying_.pop_front();
            engines[static_cast<std::size_t>(flying.to)].receive(now, flying.token, flying.bytes,
                                                                 out);
            take(flying.to);
        }
        EXPECT_TRUE(flying_.empty()) << "the two never stop talking";
    }

    std::array<std::vector<MemberView>, 2> held_;
    std::deque<Flying> flying_;
    ReplyToken last_token_ = 0;
};

enum class Differ : std::uint8_t {
    None,
    One,
    Many,
    All
};

class Tables : public ::testing::TestWithParam<std::tuple<int, Differ>> {};

INSTANTIATE_TEST_SUITE_P(
    Sizes,
    Tables,
    ::testing::Combine(::testing::Values(0, 1, 5, 100, 1000, 10000),
                       ::testing::Values(Differ::None, Differ::One, Differ::Many, Differ::All)));

TEST_P(Tables, BecomeEqualAndLittleMoreThanTheirDifferenceTravels) {
    const auto [size, differ] = GetParam();
    Pair pair;
    std::size_t differences = 0;
    for (int i = 0; i < size; ++i) {
        const bool differs = differ == Differ::All || (differ == Differ::One && i == size / 2) ||
                             (differ == Differ::Many && i % 10 == 3);
        differences += differs ? 1 : 0;
        // In turn: lacks here, lacks there, older here, older there.
        if (!differs || i % 4 != 0) {
            pair.hold(0, i, differs && i % 4 == 2 ? 1 : 0);
        }
        if (!differs || i % 4 != 1) {
            pair.hold(1, i, differs && i % 4 == 3 ? 1 : 0);
        }
    }
    pair.fill();
    EXPECT_EQ(pair.are_equal(), differences == 0);
    const int rounds = pair.reconcile_until_equal(40);
    EXPECT_TRUE(pair.are_equal()) << differences;
    EXPECT_LE(pair.largest, kMessageBytesMax);
    if (differences == 0) {
        EXPECT_EQ(pair.messages, 0U);
        return;
    }
    // A record may cross in both directions, once to be refused.
    EXPECT_LE(pair.updates_sent, 3 * differences + 20);
    if (differ == Differ::One) {
        EXPECT_EQ(rounds, 1);
        EXPECT_LE(pair.messages, 7U);
        EXPECT_LE(pair.bytes_sent, 6000U);
    } else {
        EXPECT_LE(rounds, 40);
    }
}

// Long profiles: 5 KiB each, so that pages hold few.
TEST(AntiEntropy, PagesRecordsWhoseProfilesAreLong) {
    EngineRig source;
    for (int i = 0; i < 100; ++i) {
        Peer& peer = source.add_stranger("big" + std::to_string(i));
        for (int tag = 0; tag < 10; ++tag) {
            peer.profile.tags.emplace_back("tag" + std::to_string(tag), std::string(500, 'x'));
        }
        source.hear_gossip(peer, {alive(peer)});
    }
    Peer& newcomer = source.add_stranger("newcomer");
    source.forget_past();
    source.hear_join(newcomer, 9);
    const auto welcome = source.all_sent<Welcome>();
    ASSERT_EQ(welcome.size(), 1U);
    EXPECT_LE(welcome.front()->bytes.size(), 36U * 1024);
    EXPECT_GE(welcome.front()->updates().size(), 4U);
    EXPECT_EQ(welcome.front()->body<Welcome>().items.count, 1U);
}

TEST(AntiEntropy, BringsANewcomerTheWholeTableWithoutWaiting) {
    Pair pair(Pair::Know::Nobody);
    for (int i = 0; i < 3000; ++i) {
        pair.hold(1, i);
    }
    pair.fill();
    pair.join();
    EXPECT_TRUE(pair.are_equal());
    EXPECT_LE(pair.updates_sent, 3100U);
    EXPECT_LE(pair.largest, kMessageBytesMax);
}

TEST(AntiEntropy, BeginsWithAStrangerThatPingsUsAndSaysWhoAnswered) {
    EngineRig rig;
    rig.add_many(3);
    const Peer& stranger = rig.add_stranger("stranger");
    rig.forget_past();
    rig.hear_ping(stranger, 7, 91);
    const auto syncs = rig.all_sent<Sync>();
    ASSERT_EQ(syncs.size(), 1U);
    EXPECT_EQ(syncs.front()->reply_to, 91U);
    const auto said = syncs.front()->updates();
    ASSERT_EQ(said.size(), 1U);
    EXPECT_EQ(said.front().name, "self");
    EXPECT_FALSE(said.front().profile.empty());
}

TEST(AntiEntropy, AnswersHostileItemsWithBoundedMessages) {
    EngineRig rig;
    rig.add_many(99);
    Peer& a = rig.peer("p00");
    Random random(1);
    for (int round = 0; round < 20; ++round) {
        std::vector<std::uint8_t> items;
        Encoder encoder(items);
        for (std::size_t i = 0; i < kSyncItemCountMax; ++i) {
            const std::uint64_t low = round % 2 == 0 ? 0 : random.next() / 2;
            const std::uint64_t high = round % 2 == 0 ? ~std::uint64_t{0} : low + random.next() / 2;
            if (round % 4 < 2) {
                encoder.sync_summary(low, high, round % 3 == 0 ? 0 : 90, random.next());
            } else {
                encoder.sync_listing(low, high, 8);
                for (std::uint64_t key = 0; key < 8; ++key) {
                    encoder.listing_entry({low + key, random.next()});
                }
            }
        }
        std::vector<std::uint8_t> bytes;
        Encoder(bytes).sync(rig.envelope_of(a), kSyncItemCountMax, items, 0);
        ASSERT_LE(bytes.size(), kMessageBytesMax);
        rig.forget_past();
        rig.hear(bytes, 5);
        std::size_t total = 0;
        for (const Sent& each : rig.sent) {
            static_cast<void>(each.message());
            total += each.bytes.size();
        }
        EXPECT_LE(total, kMessageBytesMax);
        EXPECT_LE(rig.sent.size(), 2U);
    }
}

TEST(AntiEntropy, ListsWhatStandsInFewRecordsOfManyPartsInOneMessage) {
    // 256 parts with 16 records each, all different: their listings would take 80 KiB.
    Pair pair;
    for (int i = 0; i < 4096; ++i) {
        pair.hold(0, i, 1);
        pair.hold(1, i, 2);
    }
    pair.fill();
    EXPECT_LE(pair.reconcile_until_equal(80), 70);
    EXPECT_LE(pair.largest, kMessageBytesMax);
}

}  // namespace
}  // namespace memberd::tests
