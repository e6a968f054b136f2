#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "cli/ctl/format.hpp"

namespace memberd::ctl {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

TEST(CtlFormat, ReadsTheTimesThatItWrites) {
    for (const char* text : {"2026-01-02T03:04:05.678901Z", "1970-01-01T00:00:00.000000Z",
                             "2024-02-29T23:59:59.999999Z"}) {
        const auto time = parse_time(text);
        ASSERT_TRUE(time) << text;
        EXPECT_EQ(rfc3339(*time), text);
    }
}

TEST(CtlFormat, ReadsOtherSpellingsOfATime) {
    const auto time = parse_time("2026-01-02T03:04:05Z");
    ASSERT_TRUE(time);
    EXPECT_EQ(parse_time("2026-01-02T04:34:05+01:30"), time);
    EXPECT_EQ(parse_time("2026-01-01T22:04:05-05:00"), time);
    EXPECT_EQ(parse_time("2026-01-02t03:04:05.0000000001z"), time);
    EXPECT_EQ(*parse_time("2026-01-02T03:04:05.5Z") - *time, std::chrono::milliseconds{500});
}

TEST(CtlFormat, RefusesWhatIsNoTime) {
    for (const char* text :
         {"", "now", "2026-01-02", "2026-13-02T03:04:05Z", "2026-02-30T03:04:05Z",
          "2026-01-02T24:04:05Z", "2026-01-02T03:04:05", "2026-01-02T03:04:05.Z",
          "2026-01-02T03:04:05Zx", "2026-01-02T03:04:05+1:00", "-026-01-02T03:04:05Z"}) {
        EXPECT_FALSE(parse_time(text)) << text;
    }
}

TEST(CtlFormat, WritesDurationsInTheirTwoLargestUnits) {
    EXPECT_EQ(duration_text(Duration{0}), "0s");
    EXPECT_EQ(duration_text(seconds{-5}), "0s");
    EXPECT_EQ(duration_text(seconds{59}), "59s");
    EXPECT_EQ(duration_text(seconds{60}), "1m00s");
    EXPECT_EQ(duration_text(seconds{192}), "3m12s");
    EXPECT_EQ(duration_text(seconds{3599}), "59m59s");
    EXPECT_EQ(duration_text(seconds{3600}), "1h00m");
    EXPECT_EQ(duration_text(hours{23}), "23h00m");
    EXPECT_EQ(duration_text(hours{76}), "3d04h");
    EXPECT_EQ(duration_text(hours{24} * 412), "412d");
}

TEST(CtlFormat, KeepsThreeDigitsOfARoundTrip) {
    EXPECT_EQ(round_trip_text(0.2134), "0.213 ms");
    EXPECT_EQ(round_trip_text(0.9996), "1.00 ms");
    EXPECT_EQ(round_trip_text(9.0), "9.00 ms");
    EXPECT_EQ(round_trip_text(9.996), "10.0 ms");
    EXPECT_EQ(round_trip_text(12.34), "12.3 ms");
    EXPECT_EQ(round_trip_text(999.0), "999 ms");
    EXPECT_EQ(round_trip_text(999.6), "1.00 s");
    EXPECT_EQ(round_trip_text(1240), "1.24 s");
}

TEST(CtlFormat, WritesPhiSharesAndWeights) {
    EXPECT_EQ(phi_text(0.02), "0.02");
    EXPECT_EQ(phi_text(8.1), "8.10");
    EXPECT_EQ(phi_text(123.4), "123");
    EXPECT_EQ(share_text(1), "100.0%");
    EXPECT_EQ(share_text(0.2004), "20.0%");
    EXPECT_EQ(share_text(0.0004), "0.04%");
    EXPECT_EQ(share_text(0), "0.0%");
    EXPECT_EQ(weight_text(1), "1");
    EXPECT_EQ(weight_text(0.5), "0.5");
    EXPECT_EQ(weight_text(10), "10");
    EXPECT_EQ(weight_text(1.2345), "1.234");
    EXPECT_EQ(weight_text(0), "0");
}

TEST(CtlFormat, WritesADashWhereANumberIsNone) {
    const double nan = std::nan("");
    const double infinite = std::numeric_limits<double>::infinity();
    for (const double number : {nan, infinite}) {
        EXPECT_EQ(phi_text(number), "-");
        EXPECT_EQ(share_text(number), "-");
        EXPECT_EQ(weight_text(number), "-");
        EXPECT_EQ(round_trip_text(number), "-");
    }
    EXPECT_LE(round_trip_text(std::numeric_limits<double>::max()).size(), 12U);
}

TEST(CtlFormat, CountsInWords) {
    EXPECT_EQ(count_text(0, "member"), "0 members");
    EXPECT_EQ(count_text(1, "member"), "1 member");
    EXPECT_EQ(count_text(2, "member"), "2 members");
}

}  // namespace
}  // namespace memberd::ctl
