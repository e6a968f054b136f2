#include "membership/follow.hpp"

#include <deque>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "detector/random.hpp"

namespace memberd {
namespace {

MemberInfo member(const std::string& name, MemberState state = MemberState::Alive) {
    MemberInfo info;
    info.name = name;
    info.id = hex16(7);
    info.address = "127.0.0.1:1";
    info.state = state;
    info.since = "2024-01-01T00:00:00.000000Z";
    return info;
}

// An agent's side: a view, and what it publishes.
class Source {
  public:
    explicit Source(std::uint64_t epoch) : view_(epoch, 0, "", Members()) {}

    local::Publication change(const std::string& name, EventType type) {
        Event event;
        event.seq = view_.seq() + 1;
        event.time = "2024-01-01T00:00:00.000000Z";
        event.type = type;
        event.member =
            member(name, type == EventType::Dead ? MemberState::Dead : MemberState::Alive);
        event.member->incarnation = static_cast<std::uint32_t>(event.seq);
        view_.apply(event);
        return {local::PublicationKind::Event, view_.epoch(), event.seq, to_document(event)};
    }

    [[nodiscard]] local::Publication heartbeat() const {
        return {local::PublicationKind::Heartbeat, view_.epoch(), view_.seq(), {}};
    }

    [[nodiscard]] View snapshot() const { return view_; }

    [[nodiscard]] const View& view() const { return view_; }

  private:
    View view_;
};

TEST(Follow, EventsBeforeTheSnapshotAreKeptAndAppliedAfterIt) {
    Source source(1);
    Follow follow;
    Batch batch;
    follow.publication(source.change("a", EventType::Alive), batch);
    const View snapshot = source.snapshot();
    follow.publication(source.change("b", EventType::Alive), batch);
    EXPECT_TRUE(follow.needs_snapshot());
    EXPECT_TRUE(batch.empty());

    follow.snapshot(snapshot, batch);

    EXPECT_FALSE(follow.needs_snapshot());
    EXPECT_TRUE(batch.resynced);
    ASSERT_EQ(batch.events.size(), 1U);
    EXPECT_EQ(batch.events[0].member->name, "b");
    EXPECT_EQ(follow.view().members(), source.view().members());
}

TEST(Follow, AGapAsksForASnapshotAndIsNotApplied) {
    Source source(1);
    Follow follow;
    Batch batch;
    follow.snapshot(source.snapshot(), batch);
    source.change("a", EventType::Alive);
    follow.publication(source.change("b", EventType::Alive), batch);

    EXPECT_TRUE(follow.needs_snapshot());
    EXPECT_EQ(follow.view().find("b"), nullptr);
    follow.snapshot(source.snapshot(), batch);
    EXPECT_FALSE(follow.needs_snapshot());
    EXPECT_NE(follow.view().find("b"), nullptr);
}

TEST(Follow, AHeartbeatShowsALostTail) {
    Source source(1);
    Follow follow;
    Batch batch;
    follow.snapshot(source.snapshot(), batch);
    follow.publication(source.heartbeat(), batch);
    EXPECT_FALSE(follow.needs_snapshot());

    source.change("a", EventType::Alive);
    follow.publication(source.heartbeat(), batch);

    EXPECT_TRUE(follow.needs_snapshot());
}

TEST(Follow, AnotherEpochAsksForASnapshot) {
    Source before(1);
    Source after(2);
    Follow follow;
    Batch batch;
    follow.snapshot(before.snapshot(), batch);

    follow.publication(after.heartbeat(), batch);

    EXPECT_TRUE(follow.needs_snapshot());
    follow.snapshot(before.snapshot(), batch);  // came late, from the old run
    follow.publication(after.heartbeat(), batch);
    EXPECT_TRUE(follow.needs_snapshot());
    follow.snapshot(after.snapshot(), batch);
    EXPECT_FALSE(follow.needs_snapshot());
}

TEST(Follow, ASnapshotOfAnEpochThatHasNotPublishedYetIsEnough) {
    Source before(1);
    Source after(2);
    Follow follow;
    Batch batch;
    follow.publication(before.heartbeat(), batch);

    follow.snapshot(after.snapshot(), batch);

    EXPECT_FALSE(follow.needs_snapshot());
}

TEST(Follow, UnknownEventTypesCountAndChangeNothing) {
    Source source(1);
    Follow follow;
    Batch batch;
    follow.snapshot(source.snapshot(), batch);
    const Document event{{"seq", 1U}, {"time", "2024-01-01T00:00:00.000000Z"}, {"type", "later"}};

    follow.publication({local::PublicationKind::Event, 1, 1, event}, batch);

    EXPECT_EQ(follow.view().seq(), 1U);
    EXPECT_FALSE(follow.needs_snapshot());
}

// Whatever is lost, delayed or restarted: once all is quiet the view is the agent's.
TEST(Follow, AfterAnyLossesTheViewIsTheAgentsInTheEnd) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Random random(seed);
        Source source(1);
        Follow follow;
        Batch batch;
        std::deque<View> snapshots;  // on their way
        std::uint64_t epoch = 1;
        for (int step = 0; step < 500; ++step) {
            if (random.below(200) == 0) {
                source = Source(++epoch);
            }
            const auto publication =
                random.below(10) == 0
                    ? source.heartbeat()
                    : source.change(std::to_string(random.below(8)),
                                    random.below(3) == 0 ? EventType::Forgotten : EventType::Dead);
            if (random.below(5) != 0) {
                follow.publication(publication, batch);
            }
            if (follow.needs_snapshot() && snapshots.empty()) {
                snapshots.push_back(source.snapshot());
            }
            if (!snapshots.empty() && random.below(4) == 0) {
                follow.snapshot(snapshots.front(), batch);
                snapshots.pop_front();
            }
        }
        for (int i = 0; i < 3; ++i) {
            follow.publication(source.heartbeat(), batch);
            if (follow.needs_snapshot()) {
                follow.snapshot(source.snapshot(), batch);
            }
        }

        EXPECT_FALSE(follow.needs_snapshot());
        EXPECT_EQ(follow.view().members(), source.view().members());
        EXPECT_EQ(follow.view().seq(), source.view().seq());
    }
}

TEST(ViewDocuments, AMemberComesBackAsItWas) {
    MemberInfo info = member("a", MemberState::Suspect);
    info.tags = {{"k", "v"}};
    info.weight_milli = 333;
    info.zone = "z";
    info.health = Health::Draining;
    info.phi = 1.5;

    const auto back = member_from_document(to_document(info));

    ASSERT_TRUE(back);
    EXPECT_EQ(*back, info);
    EXPECT_EQ(to_document(info)["weight"], 0.333);
    EXPECT_TRUE(to_document(info)["rtt_ms"].is_null());
}

TEST(ViewDocuments, AMemberWithAnythingMissingOrWrongIsRefused) {
    const Document whole = to_document(member("a"));
    for (const auto& [key, value] : whole.items()) {
        if (key == "phi" || key == "rtt_ms") {
            continue;
        }
        Document broken = whole;
        broken[key] = Document::array();
        EXPECT_FALSE(member_from_document(broken)) << key;
        broken.erase(key);
        EXPECT_FALSE(member_from_document(broken)) << key;
    }
    EXPECT_FALSE(member_from_document("a"));
}

}  // namespace
}  // namespace memberd
