// Tables for people: columns side by side, never wider than they are told, whatever they hold.
//
//     Table table({{.title = "NAME", .least = 8}, {.title = "PHI", .align = Align::Right}});
//     table.add({{"ash"}, {"0.1"}});
//     text = table.render(look);
//
// A column takes what its widest cell needs. Where all together need too much, the columns of the
// highest `give` are narrowed first, the widest of them before the others, down to their `least`;
// what does not fit ends in an ellipsis. Cells are made printable (cli/ctl/text.hpp) here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace memberd::ctl {

enum class Style : std::uint8_t {
    Plain,
    Strong,  // titles
    Good,
    Warning,
    Bad,
    Faint,
};

// How the reader's side looks: decided once from the terminal and the environment.
struct Look {
    bool colour = false;
    std::size_t columns = 100;
};

// The text with the terminal's codes for the style around it, if there is colour.
std::string styled(std::string text, Style style, const Look& look);

enum class Align : std::uint8_t {
    Left,
    Right,
};

struct Column {
    std::string title;
    Align align = Align::Left;
    int give = 0;           // 0: narrowed only when all others are as narrow as they get
    std::size_t least = 4;  // columns; as far as it is narrowed before its turn is over
    // Where every row says just this, the whole column says nothing and is left out.
    std::optional<std::string> usual = std::nullopt;
};

struct Cell {
    std::string text;
    Style style = Style::Plain;
};

class Table {
  public:
    explicit Table(std::vector<Column> columns);

    // As many cells as there are columns.
    void add(std::vector<Cell> row);

    [[nodiscard]] bool empty() const { return rows_.empty(); }

    // A line of titles and a line a row, each ended by a newline, without trailing blanks.
    // O(rows x columns).
    [[nodiscard]] std::string render(const Look& look) const;

  private:
    // In place of leaving a column out: width zero.
    [[nodiscard]] std::vector<std::size_t> widths(std::size_t limit) const;
    [[nodiscard]] std::size_t natural_width(std::size_t column) const;
    [[nodiscard]] std::string line(const std::vector<Cell>& row,
                                   const std::vector<std::size_t>& widths,
                                   const Look& look) const;

    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;
};

}  // namespace memberd::ctl
