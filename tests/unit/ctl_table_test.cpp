#include <string>

#include <gtest/gtest.h>

#include "cli/ctl/table.hpp"
#include "tests/unit/support/ctl_documents.hpp"

namespace memberd::ctl {
namespace {

Table two_columns() {
    return Table({{"NAME", Align::Left, 1, 6}, {"PHI", Align::Right}});
}

TEST(CtlTable, AlignsColumnsAndLeavesNoTrailingBlanks) {
    Table table = two_columns();
    table.add({{"ash"}, {"0.1"}});
    table.add({{"magnolia"}, {"12.5"}});

    EXPECT_EQ(table.render({}),
              "NAME       PHI\n"
              "ash        0.1\n"
              "magnolia  12.5\n");

    Table left({{"A"}, {"B"}});
    left.add({{"one"}, {""}});
    EXPECT_EQ(left.render({}), "A    B\none\n");
}

TEST(CtlTable, KeepsAnEmptyCellInTheMiddleFromShiftingTheOthers) {
    Table table({{"A"}, {"B", Align::Right}, {"C"}});
    table.add({{"one"}, {""}, {"x"}});
    table.add({{"two"}, {"10"}, {"y"}});

    EXPECT_EQ(table.render({}),
              "A     B  C\n"
              "one      x\n"
              "two  10  y\n");
}

TEST(CtlTable, NarrowsTheColumnsThatGiveFirstAndOnlyDownToTheirLeast) {
    Table table({{"NAME", Align::Left, 1, 6}, {"TAGS", Align::Left, 2, 5}});
    table.add({{"abcdefghij"}, {"0123456789"}});

    EXPECT_EQ(table.render({false, 22}), "NAME        TAGS\nabcdefghij  0123456789\n");
    EXPECT_EQ(table.render({false, 20}), "NAME        TAGS\nabcdefghij  0123456…\n");
    EXPECT_EQ(table.render({false, 16}), "NAME       TAGS\nabcdefgh…  0123…\n");
    EXPECT_EQ(table.render({false, 13}), "NAME    TAGS\nabcde…  0123…\n");
}

TEST(CtlTable, FitsEvenWhereEveryLeastIsTooMuch) {
    Table table({{"A", Align::Left, 1, 30}, {"B", Align::Right, 0, 30}, {"C"}});
    table.add({{std::string(200, 'x')}, {std::string(200, 'y')}, {std::string(200, 'z')}});

    for (const std::size_t columns : {100U, 60U, 40U, 10U, 7U}) {
        EXPECT_LE(widest_line(table.render({false, columns})), columns);
    }
    EXPECT_EQ(widest_line(table.render({false, 100})), 100U);
}

TEST(CtlTable, LeavesOutAColumnThatSaysOnlyTheUsual) {
    Table table({{"NAME"}, {"WEIGHT", Align::Right, 0, 4, "1"}, {"ZONE", Align::Left, 0, 4, ""}});
    table.add({{"ash"}, {"1"}, {""}});
    EXPECT_EQ(table.render({}), "NAME\nash\n");

    table.add({{"elm"}, {"2"}, {""}});
    EXPECT_EQ(table.render({}), "NAME  WEIGHT\nash        1\nelm        2\n");
}

TEST(CtlTable, ColoursWithoutCountingTheCodesAsColumns) {
    Table table = two_columns();
    table.add({{"ash", Style::Bad}, {"0.1"}});

    const std::string plain = table.render({});
    EXPECT_EQ(plain.find('\x1b'), std::string::npos);
    EXPECT_EQ(table.render({true, 100}),
              "\x1b[1mNAME\x1b[0m  \x1b[1mPHI\x1b[0m\n"
              "\x1b[1;31mash\x1b[0m   0.1\n");
}

TEST(CtlTable, MakesItsCellsPrintable) {
    Table table({{"NAME"}});
    table.add({{"a\x1b[31mb\nc"}});

    EXPECT_EQ(table.render({}),
              "NAME\na\xEF\xBF\xBD[31mb\xEF\xBF\xBD"
              "c\n");
}

}  // namespace
}  // namespace memberd::ctl
