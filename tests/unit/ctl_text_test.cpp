#include <string>

#include <gtest/gtest.h>

#include "cli/ctl/text.hpp"

namespace memberd::ctl {
namespace {

TEST(CtlText, CountsColumnsNotBytes) {
    EXPECT_EQ(width("ash"), 3U);
    EXPECT_EQ(width("b\xC3\xBC"
                    "cher"),
              6U);                                     // an umlaut, two bytes
    EXPECT_EQ(width("\xE6\x9D\xB1\xE4\xBA\xAC"), 4U);  // two characters of two columns
    EXPECT_EQ(width("e\xCC\x81"), 1U);                 // an accent that combines
    EXPECT_EQ(width(""), 0U);
}

TEST(CtlText, CutsWithAnEllipsisAndNeverInsideACharacter) {
    EXPECT_EQ(shortened("birch", 5), "birch");
    EXPECT_EQ(shortened("birch", 4), "bir\xE2\x80\xA6");
    EXPECT_EQ(shortened("birch", 1), "\xE2\x80\xA6");
    EXPECT_EQ(shortened("birch", 0), "");
    EXPECT_EQ(shortened("\xC3\xBC\xC3\xBC\xC3\xBC", 2), "\xC3\xBC\xE2\x80\xA6");
    // A wide character that would only half fit stays out.
    EXPECT_EQ(shortened("\xE6\x9D\xB1\xE4\xBA\xAC", 2), "\xE2\x80\xA6");
    EXPECT_EQ(shortened("\xE6\x9D\xB1\xE4\xBA\xAC", 3), "\xE6\x9D\xB1\xE2\x80\xA6");
}

TEST(CtlText, LetsNothingThroughThatATerminalObeys) {
    const std::string mark = "\xEF\xBF\xBD";
    EXPECT_EQ(printable("a\x1b[2Jb"), "a" + mark + "[2Jb");
    EXPECT_EQ(printable("a\nb\tc"), "a" + mark + "b" + mark + "c");
    EXPECT_EQ(printable("\xC2\x9B"
                        "1m"),
              mark + "1m");  // the one-byte form of ESC [
    EXPECT_EQ(printable("a\xE2\x80\xAE"
                        "b"),
              "a" + mark + "b");  // right-to-left override
    EXPECT_EQ(printable("b\xC3\xBC"
                        "cher"),
              "b\xC3\xBC"
              "cher");
}

TEST(CtlText, ReplacesWhatIsNotUtf8) {
    const std::string mark = "\xEF\xBF\xBD";
    EXPECT_EQ(printable("\xFF"
                        "a"),
              mark + "a");
    EXPECT_EQ(printable("a\xC3"), "a" + mark);                 // cut off
    EXPECT_EQ(printable("\xC0\xAF"), mark + mark);             // overlong
    EXPECT_EQ(printable("\xED\xA0\x80"), mark + mark + mark);  // a surrogate
    EXPECT_EQ(printable("\xF4\x90\x80\x80").size(), 4 * mark.size());
}

TEST(CtlText, WrapsAtSpacesBehindWhatStandsThereAlready) {
    EXPECT_EQ(wrapped("one two three", 0, 100), "one two three");
    EXPECT_EQ(wrapped("one two three", 0, 7), "one two\nthree");
    EXPECT_EQ(wrapped("one two three", 4, 11), "one two\n    three");
    EXPECT_EQ(wrapped("enormous", 4, 8), "eno\xE2\x80\xA6");
    EXPECT_EQ(wrapped("", 0, 10), "");
    EXPECT_EQ(wrapped("x", 9, 3), "x");
}

}  // namespace
}  // namespace memberd::ctl
