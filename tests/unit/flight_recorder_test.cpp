#include "gossip/flight_recorder.hpp"

#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace memberd {
namespace {

EvidenceEntry entry_of(const std::string& subject, std::int64_t second) {
    EvidenceEntry entry;
    entry.at = Instant(std::chrono::seconds(second));
    entry.subject = subject;
    return entry;
}

TEST(FlightRecorder, KeepsTheLatestEntriesOldestFirst) {
    FlightRecorder recorder(10);
    for (std::int64_t i = 0; i < 37; ++i) {
        recorder.record(entry_of(i % 2 == 0 ? "even" : "odd", i));
        EXPECT_LE(recorder.size(), 10U);
    }
    const auto even = recorder.about("even");
    ASSERT_EQ(even.size(), 5U);
    for (std::size_t i = 0; i < even.size(); ++i) {
        EXPECT_EQ(even[i].at, Instant(std::chrono::seconds(28 + 2 * static_cast<int>(i))));
    }
    EXPECT_EQ(recorder.about("odd").size(), 5U);
    EXPECT_TRUE(recorder.about("nobody").empty());
}

TEST(FlightRecorder, GivesTheNewestOfASubjectOldestFirst) {
    FlightRecorder recorder(10);
    for (std::int64_t i = 0; i < 37; ++i) {
        recorder.record(entry_of(i % 2 == 0 ? "even" : "odd", i));
    }
    const auto newest = recorder.telling_about("even", 2);
    ASSERT_EQ(newest.size(), 2U);
    EXPECT_EQ(newest[0].at, Instant(std::chrono::seconds(34)));
    EXPECT_EQ(newest[1].at, Instant(std::chrono::seconds(36)));
    EXPECT_EQ(recorder.telling_about("even", 100).size(), 5U);
    EXPECT_TRUE(recorder.telling_about("even", 0).empty());
}

// What began a case is told, however many helpers were asked since.
TEST(FlightRecorder, TellsWhatAMemberSawItselfBeforeTheManyThingsThatItWasTold) {
    FlightRecorder recorder(100);
    const auto record = [&](EvidenceKind kind, std::int64_t second) {
        EvidenceEntry entry = entry_of("a", second);
        entry.kind = kind;
        recorder.record(entry);
    };
    record(EvidenceKind::PingUnanswered, 1);
    for (std::int64_t i = 2; i < 40; ++i) {
        record(i % 2 == 0 ? EvidenceKind::HelperAsked : EvidenceKind::HelperNack, i);
    }
    record(EvidenceKind::Suspected, 40);
    record(EvidenceKind::SuspectedBy, 41);

    const auto told = recorder.telling_about("a", 6);
    ASSERT_EQ(told.size(), 6U);
    const std::vector<int> seconds{1, 37, 38, 39, 40, 41};
    for (std::size_t i = 0; i < told.size(); ++i) {
        EXPECT_EQ(told[i].at, Instant(std::chrono::seconds(seconds[i])));
    }
    // But not so much of what it saw that there is no place for the rest.
    for (std::int64_t i = 42; i < 60; ++i) {
        record(EvidenceKind::PingUnanswered, i);
    }
    EXPECT_EQ(recorder.telling_about("a", 6).front().at, Instant(std::chrono::seconds(54)));
    record(EvidenceKind::HelperNack, 60);
    EXPECT_EQ(recorder.telling_about("a", 6).back().at, Instant(std::chrono::seconds(60)));
}

TEST(FlightRecorder, ListsInOrderBeforeItIsFull) {
    FlightRecorder recorder(10);
    recorder.record(entry_of("a", 1));
    recorder.record(entry_of("a", 2));
    const auto about = recorder.about("a");
    ASSERT_EQ(about.size(), 2U);
    EXPECT_LT(about[0].at, about[1].at);
}

TEST(FlightRecorder, WithoutCapacityRecordsNothing) {
    FlightRecorder recorder(0);
    recorder.record(entry_of("a", 1));
    EXPECT_FALSE(recorder.is_on());
    EXPECT_EQ(recorder.size(), 0U);
    EXPECT_TRUE(recorder.about("a").empty());
}

TEST(FlightRecorder, NamesEveryKindOfEvidenceDifferently) {
    std::set<std::string_view> names;
    for (std::uint32_t kind = 0; kind < kEvidenceKindCount; ++kind) {
        names.insert(to_string(static_cast<EvidenceKind>(kind)));
    }
    EXPECT_EQ(names.size(), kEvidenceKindCount);
    EXPECT_FALSE(names.contains("unknown"));
    EXPECT_EQ(to_string(static_cast<EvidenceKind>(kEvidenceKindCount)), "unknown");
}

}  // namespace
}  // namespace memberd
