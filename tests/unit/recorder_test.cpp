#include "membership/recorder.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace memberd {
namespace {

// Changes as an engine would announce them.
class RecorderTest : public ::testing::Test {
  protected:
    void change(const std::string& name,
                MemberState state,
                ChangeKind kind = ChangeKind::State,
                const std::string& address = "127.0.0.1:1000") {
        Profile profile;
        profile.name = name;
        profile.instance = 7;
        profile.endpoint = *parse_endpoint(address);
        profile.weight_milli = weight_milli_;
        Change announced;
        announced.kind = kind;
        announced.claim = Claim{7, 1, 0, state};
        announced.profile = pool_.acquire(profile);
        recorder_.record(announced, pool_, std::nullopt, WallTime{++wall_ * 1000}, events_);
        pool_.release(announced.profile);
    }

    // The events since the last call, with the ring's.
    std::vector<Event> take() {
        recorder_.renew_ring(WallTime{++wall_ * 1000}, events_);
        return std::exchange(events_, {});
    }

    static std::vector<std::string> types(const std::vector<Event>& events) {
        std::vector<std::string> names;
        for (const Event& event : events) {
            names.emplace_back(to_string(event.type));
        }
        return names;
    }

    using Types = std::vector<std::string>;

    ProfilePool pool_;
    Recorder recorder_{5};
    std::vector<Event> events_;
    std::uint32_t weight_milli_ = 1000;
    std::int64_t wall_ = 0;
};

TEST_F(RecorderTest, EventsAreNumberedWithoutHolesAndTheRingFollowsItsMembers) {
    change("a", MemberState::Alive);
    change("b", MemberState::Alive);

    const auto events = take();

    EXPECT_EQ(types(events), (Types{"alive", "alive", "ring"}));
    for (std::size_t i = 0; i < events.size(); ++i) {
        EXPECT_EQ(events[i].seq, i + 1);
    }
    EXPECT_EQ(recorder_.view().seq(), 3U);
    EXPECT_EQ(recorder_.view().ring_digest(), hex16(recorder_.ring().digest()));
    EXPECT_EQ(recorder_.ring().digest(), recorder_.view().build_ring().digest());
}

TEST_F(RecorderTest, SuspicionMovesNoKeyAndDeathDoes) {
    change("a", MemberState::Alive);
    change("b", MemberState::Alive);
    take();

    change("b", MemberState::Suspect);
    EXPECT_EQ(types(take()), (Types{"suspect"}));
    change("b", MemberState::Alive);
    EXPECT_EQ(types(take()), (Types{"alive"}));
    change("b", MemberState::Dead);
    const auto events = take();

    EXPECT_EQ(types(events), (Types{"dead", "ring"}));
    double share = 0;
    for (const MovedRange& range : events[1].moved) {
        EXPECT_EQ(range.from, "b");
        EXPECT_EQ(range.to, "a");
        share += range.share();
    }
    EXPECT_GT(share, 0.2);
    EXPECT_LT(share, 0.8);
}

TEST_F(RecorderTest, AnUpdateOfTheWeightMovesKeysAndOneOfTheAddressOnlyTheDigest) {
    change("a", MemberState::Alive);
    change("b", MemberState::Alive);
    take();

    weight_milli_ = 2000;
    change("b", MemberState::Alive, ChangeKind::Updated);
    auto events = take();
    EXPECT_EQ(types(events), (Types{"updated", "ring"}));
    EXPECT_FALSE(events[1].moved.empty());

    change("b", MemberState::Alive, ChangeKind::Updated, "127.0.0.1:2000");
    events = take();
    EXPECT_EQ(types(events), (Types{"updated", "ring"}));
    EXPECT_TRUE(events[1].moved.empty());
    EXPECT_FALSE(events[1].truncated);

    change("b", MemberState::Alive, ChangeKind::Updated, "127.0.0.1:2000");
    EXPECT_EQ(types(take()), (Types{"updated"}));
}

TEST_F(RecorderTest, SinceIsWhenTheStateWasEntered) {
    change("a", MemberState::Alive);
    const std::string entered = recorder_.view().find("a")->since;

    change("a", MemberState::Alive, ChangeKind::Updated);
    EXPECT_EQ(recorder_.view().find("a")->since, entered);
    change("a", MemberState::Dead);
    EXPECT_NE(recorder_.view().find("a")->since, entered);
}

TEST_F(RecorderTest, TheForgottenAreGoneOnce) {
    change("a", MemberState::Dead);
    take();

    change("a", MemberState::Dead, ChangeKind::Forgotten);
    EXPECT_EQ(types(take()), (Types{"forgotten"}));
    EXPECT_EQ(recorder_.view().find("a"), nullptr);
    change("a", MemberState::Dead, ChangeKind::Forgotten);
    EXPECT_TRUE(take().empty());
}

TEST_F(RecorderTest, ALinkIsAnEventThatChangesNothingButTheNumber) {
    change("a", MemberState::Alive);
    change("b", MemberState::Alive);
    take();
    const Document before = to_snapshot(recorder_.view());
    auto folded = view_from_snapshot(before);
    ASSERT_TRUE(folded);

    recorder_.record_link("b", LinkCondition::Broken, WallTime{++wall_ * 1000}, events_);
    recorder_.record_link("nobody", LinkCondition::Broken, WallTime{++wall_ * 1000}, events_);
    recorder_.record_link("b", LinkCondition::Mended, WallTime{++wall_ * 1000}, events_);
    const auto events = take();

    ASSERT_EQ(types(events), (Types{"link", "link"}));
    EXPECT_EQ(to_document(events[0])["state"], "broken");
    EXPECT_EQ(to_document(events[1])["state"], "mended");
    EXPECT_EQ(to_document(events[0])["member"]["name"], "b");
    for (const Event& event : events) {
        const auto heard = event_from_document(to_document(event));
        ASSERT_TRUE(heard);
        EXPECT_EQ(heard->type, EventType::Link);
        EXPECT_EQ(heard->link, event.link);
        EXPECT_EQ(*heard->member, *event.member);
        folded->apply(*heard);
    }
    Document expected = before;
    expected["seq"] = events.back().seq;
    EXPECT_EQ(to_snapshot(*folded), expected);
    EXPECT_EQ(to_snapshot(recorder_.view()), expected);
}

TEST_F(RecorderTest, ALinkInAConditionOfALaterVersionIsPassedOver) {
    change("b", MemberState::Alive);
    recorder_.record_link("b", LinkCondition::Broken, WallTime{1000}, events_);
    Document later = to_document(take()[1]);
    ASSERT_EQ(later["type"], "link");
    later["state"] = "stretched";
    const auto heard = event_from_document(later);
    ASSERT_TRUE(heard);
    EXPECT_EQ(heard->type, EventType::Other);
    later["state"] = "broken";
    later.erase("member");
    EXPECT_FALSE(event_from_document(later));
}

TEST_F(RecorderTest, ALargeChangeOfTheRingComesInPartsAndAVeryLargeOneUnlisted) {
    for (int i = 0; i < 20; ++i) {
        change("m" + std::to_string(i), MemberState::Alive);
    }
    take();
    for (int i = 20; i < 40; ++i) {
        change("m" + std::to_string(i), MemberState::Alive);
    }
    auto events = take();
    events.erase(events.begin(), events.begin() + 20);
    ASSERT_GT(events.size(), 1U);
    for (std::size_t i = 0; i < events.size(); ++i) {
        EXPECT_EQ(events[i].part, i + 1);
        EXPECT_EQ(events[i].parts, events.size());
        EXPECT_LE(events[i].moved.size(), kMovedRangesMax);
        EXPECT_FALSE(events[i].truncated);
        const std::string name(64, 'n');
        EXPECT_LE(local::encode_event(1, 1, to_document(events[i])).size(),
                  local::kMessageBytesMax);
        ASSERT_TRUE(event_from_document(to_document(events[i])));
        EXPECT_EQ(event_from_document(to_document(events[i]))->moved, events[i].moved);
    }

    for (int i = 40; i < 400; ++i) {
        change("m" + std::to_string(i), MemberState::Alive);
    }
    events = take();
    EXPECT_TRUE(events.back().truncated);
    EXPECT_TRUE(events.back().moved.empty());
    EXPECT_EQ(events.back().parts, 1U);
}

TEST(Rfc3339, HasMicrosecondsAndUtc) {
    EXPECT_EQ(rfc3339(WallTime{0}), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(rfc3339(WallTime{1'714'564'800'000'001'999}), "2024-05-01T12:00:00.000001Z");
    EXPECT_EQ(rfc3339(WallTime{-1}), "1969-12-31T23:59:59.999999Z");
}

}  // namespace
}  // namespace memberd
