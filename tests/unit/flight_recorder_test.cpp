#include "gossip/flight_recorder.hpp"

#include <set>

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
    const auto newest = recorder.newest_about("even", 2);
    ASSERT_EQ(newest.size(), 2U);
    EXPECT_EQ(newest[0].at, Instant(std::chrono::seconds(34)));
    EXPECT_EQ(newest[1].at, Instant(std::chrono::seconds(36)));
    EXPECT_EQ(recorder.newest_about("even", 100).size(), 5U);
    EXPECT_TRUE(recorder.newest_about("even", 0).empty());
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
