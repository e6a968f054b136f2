# Writes the source that names the commit being built; run at every build, touches the file only when the name changes.
execute_process(COMMAND git describe --always --dirty WORKING_DIRECTORY ${SOURCE}
                OUTPUT_VARIABLE COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT COMMIT)
  set(COMMIT "unknown")
endif()
file(CONFIGURE OUTPUT ${FILE} CONTENT [[
namespace memberd::sim {
const char* built_commit();

const char* built_commit() {
    return "@COMMIT@";
}
}  // namespace memberd::sim
]] @ONLY)
