# Writes each ```cpp block of README.md to a file in `folder` and prints its name. A block with a main function is a
# program; any other becomes the body of a function after `using namespace xgrad`, its #include lines before it.

/^```cpp$/ {
    inside = 1
    program = 0
    body = includes = ""
    first = NR + 1
    next
}

/^```$/ && inside {
    inside = 0
    file = (program ? "program_" : "fragment_") first ".cpp"
    line = "#line " first " \"" FILENAME "\"\n"
    if (program) text = line body
    else text = "#include <xgrad.h>\n#include <iostream>\n" includes "\nusing namespace xgrad;\nvoid fragment();\nvoid fragment() {\n" line body "}\n"
    printf "%s", text > (folder "/" file)
    print file
    next
}

inside && /^int main\(/ { program = 1 }
inside && /^#include/ { includes = includes $0 "\n" }
inside { body = body $0 "\n" }
