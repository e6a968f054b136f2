# Tests of the house itself: its laws, and that its first command does what the README says.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

add_test(NAME house:layers COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/layers.py)
add_test(NAME house:layers-self-test COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/layers.py --self-test)
set_tests_properties(house:layers house:layers-self-test PROPERTIES LABELS unit)

if(TARGET memberd AND TARGET memberctl)
  add_test(NAME house:quickstart
           COMMAND ${PROJECT_SOURCE_DIR}/cli/quickstart --bin ${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
  set_tests_properties(house:quickstart PROPERTIES LABELS net TIMEOUT 180)
endif()

# Every broken core of chaos/mutants still fits the code; that each is found takes its own command.
add_test(NAME house:mutants-fit COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/chaos/mutants/run --check)
set_tests_properties(house:mutants-fit PROPERTIES LABELS unit)

# The same runs with every compiler and every preset.
if(TARGET memsim)
  add_test(NAME sim:traces COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/chaos/corpus/check_traces.py $<TARGET_FILE:memsim>)
  set_tests_properties(sim:traces PROPERTIES LABELS sim TIMEOUT 300)
endif()
