#include "cli/ctl/session.hpp"

#include <exception>
#include <utility>

#include <fmt/format.h>

#include "cli/ctl/reach.hpp"

namespace memberd::ctl {
namespace {

// A sentence ends with one full stop, whoever wrote it.
std::string sentence_of(std::string text) {
    while (!text.empty() && (text.back() == '.' || text.back() == '\n' || text.back() == ' ')) {
        text.pop_back();
    }
    return text + '.';
}

Error refusal(const Answer& answer) {
    const ErrorCode code = answer.code == "bad_request"      ? ErrorCode::BadInput
                           : answer.code == "unknown_op"     ? ErrorCode::Unsupported
                           : answer.code == "unknown_member" ? ErrorCode::NotFound
                           : answer.code == "limit"          ? ErrorCode::TooLarge
                                                             : ErrorCode::Conflict;
    if (answer.code == "unknown_op") {
        return {code, "this agent is of an older version, which cannot answer this"};
    }
    return {code,
            answer.message.empty() ? "the agent refuses and does not say why" : answer.message};
}

}  // namespace

Session::Session(const Options& options, Console& console) : options_(options), console_(console) {}

std::string Session::patience(Duration longer) const {
    return fmt::format("{:g} s", seconds(options_.timeout + longer));
}

Result<Client*> Session::client() {
    if (!client_) {
        Result<std::string> directory = runtime_dir(options_.runtime_dir);
        if (!directory) {
            return directory.error();
        }
        directory_ = *directory;
        if (const Status reachable = check_reachable(directory_); !reachable) {
            return reachable.error();
        }
        Result<Client> opened = Client::open(directory_);
        if (!opened) {
            return Error{ErrorCode::Unavailable, opened.error().text};
        }
        client_ = *std::move(opened);
    }
    return &*client_;
}

Result<Document> Session::ask(std::string_view op,
                              Document::value_t kind,
                              const Document& arguments,
                              Duration longer) {
    console_.progress(fmt::format("waiting for the agent, at most {} ...", patience(longer)));
    Result<Document> answer = ask_quietly(op, kind, arguments, longer);
    console_.progress("");
    return answer;
}

Result<Document> Session::ask_quietly(std::string_view op,
                                      Document::value_t kind,
                                      const Document& arguments,
                                      Duration longer) {
    const Result<Client*> connected = client();
    if (!connected) {
        return connected.error();
    }
    const auto limit = std::chrono::ceil<Client::Milliseconds>(options_.timeout + longer);
    try {
        Result<Answer> answer = (*connected)->request(op, arguments, limit);
        if (!answer) {
            return Error{ErrorCode::Unavailable,
                         fmt::format("the agent in {} did not answer within {}: it may be stopped "
                                     "or overloaded",
                                     directory_, patience(longer))};
        }
        if (!answer->ok) {
            return refusal(*answer);
        }
        if (answer->document.type() == kind) {
            return std::move(answer->document);
        }
    } catch (const std::exception&) {
        // A document of another shape than the client expects: as below.
    }
    return Error{ErrorCode::Unsupported,
                 "the agent's answer is not what this version of memberctl understands"};
}

int Session::print(const Document& document, const std::string& text) {
    console_.print(is_json() ? pretty_json(document) : text);
    return kExitDone;
}

int Session::fail(const Error& error) {
    console_.complain("memberctl: " + sentence_of(error.text));
    switch (error.code) {
        case ErrorCode::Unavailable:
            return kExitUnreachable;
        case ErrorCode::BadInput:
            return kExitUsage;
        case ErrorCode::NotFound:
        case ErrorCode::Conflict:
        case ErrorCode::TooLarge:
        case ErrorCode::Unsupported:
        case ErrorCode::System:
            return kExitNo;
    }
    return kExitNo;
}

int Session::refuse(std::string_view sentence) {
    return fail({ErrorCode::Conflict, std::string(sentence)});
}

WallTime wall_now() {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace memberd::ctl
