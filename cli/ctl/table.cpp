#include "cli/ctl/table.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "cli/ctl/text.hpp"
#include "detector/check.hpp"

namespace memberd::ctl {
namespace {

constexpr std::size_t kGap = 2;  // blanks between columns

std::string_view code_of(Style style) {
    switch (style) {
        case Style::Plain:
            return "";
        case Style::Strong:
            return "\x1b[1m";
        case Style::Good:
            return "\x1b[32m";
        case Style::Warning:
            return "\x1b[33m";
        case Style::Bad:
            return "\x1b[1;31m";
        case Style::Faint:
            return "\x1b[2m";
    }
    return "";
}

}  // namespace

std::string styled(std::string text, Style style, const Look& look) {
    if (!look.colour || style == Style::Plain || text.empty()) {
        return text;
    }
    return std::string(code_of(style)) + text + "\x1b[0m";
}

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::add(std::vector<Cell> row) {
    MEMBERD_CHECK(row.size() == columns_.size(), "a cell for each column");
    for (Cell& cell : row) {
        cell.text = printable(cell.text);
    }
    rows_.push_back(std::move(row));
}

std::size_t Table::natural_width(std::size_t column) const {
    const auto& usual = columns_[column].usual;
    const bool tells = !usual || std::any_of(rows_.begin(), rows_.end(), [&](const auto& row) {
        return row[column].text != *usual;
    });
    if (!tells) {
        return 0;
    }
    std::size_t widest = width(columns_[column].title);
    for (const auto& row : rows_) {
        widest = std::max(widest, width(row[column].text));
    }
    return widest;
}

std::vector<std::size_t> Table::widths(std::size_t limit) const {
    std::vector<std::size_t> result;
    std::size_t total = 0;
    int give = 0;
    for (std::size_t at = 0; at < columns_.size(); ++at) {
        const std::size_t widest = natural_width(at);
        total += widest + (widest > 0 && total > 0 ? kGap : 0);
        result.push_back(widest);
        give = std::max(give, columns_[at].give);
    }
    // One column at a time from the widest that may still give; below zero even `least` is no
    // protection. Terminates: each turn narrows one column or lowers `give`.
    while (total > limit && give >= -1) {
        std::size_t best = columns_.size();
        for (std::size_t at = 0; at < columns_.size(); ++at) {
            const std::size_t least = give < 0 ? 1 : columns_[at].least;
            const bool may = columns_[at].give >= give && result[at] > least;
            if (may && (best == columns_.size() || result[at] > result[best])) {
                best = at;
            }
        }
        if (best == columns_.size()) {
            --give;
            continue;
        }
        --result[best];
        --total;
    }
    return result;
}

std::string Table::line(const std::vector<Cell>& row,
                        const std::vector<std::size_t>& widths,
                        const Look& look) const {
    std::string result;
    std::size_t owed = 0;  // blanks that are written only if something follows
    for (std::size_t at = 0; at < row.size(); ++at) {
        if (widths[at] == 0) {
            continue;
        }
        std::string text = shortened(row[at].text, widths[at]);
        const std::size_t spare = widths[at] - width(text);
        if (columns_[at].align == Align::Right) {
            owed += spare;
        }
        if (!text.empty()) {
            result.append(owed, ' ');
            owed = 0;
            result += styled(std::move(text), row[at].style, look);
        }
        owed += kGap + (columns_[at].align == Align::Left ? spare : 0);
    }
    result += '\n';
    return result;
}

std::string Table::render(const Look& look) const {
    const std::vector<std::size_t> widths_now = widths(look.columns);
    std::vector<Cell> titles;
    for (const Column& column : columns_) {
        titles.push_back({column.title, Style::Strong});
    }
    std::string result = line(titles, widths_now, look);
    for (const auto& row : rows_) {
        result += line(row, widths_now, look);
    }
    return result;
}

}  // namespace memberd::ctl
