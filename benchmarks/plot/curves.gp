# How times and memory grow. Usage: gnuplot -c curves.gp FOLDER
# A block of curves.dat is named "LIBRARY CURVE THREADS" or "LIBRARY gain CURVE".
folder = ARG1
data = folder . "/curves.dat"
libraries = "xgrad libtorch"
colour(library, threads) = library eq "xgrad" ? (threads == 1 ? 0x2a6f97 : 0x61c0e8) : (threads == 1 ? 0xbc4b00 : 0xf4a259)
dash(library) = library eq "xgrad" ? 1 : 2
colours = "0x2a6f97 0xf4a259 0x4c956c 0x9d4edd"
operations = "add tanh sum softmax"

set logscale xy
set format "10^{%T}"
set grid
set style data linespoints
set pointsize 0.4

do for [type in "png svg"] {
    if (type eq "png") { set terminal pngcairo size 1300, 1500 font "sans,10" }
    else { set terminal svg size 1300, 1500 font "sans,11" background "white" }
    set output folder . "/curves." . type
    set multiplot layout 4, 2
    do for [curve in operations . " step"] {
        set title curve eq "step" ? "step of the 784-64-10 network: microseconds" : curve . ": nanoseconds per element"
        set xlabel curve eq "step" ? "batch" : "elements"
        plot for [library in libraries] for [threads = 1:2] \
            data index library . " " . curve . " " . threads using 1:2 lc rgb colour(library, threads) \
            title library . (threads == 1 ? ", one thread" : ", two threads")
    }
    set title "one thread's time over two threads' (dashed: libtorch)"
    set xlabel "elements"
    unset logscale y
    set format y "%g"
    set yrange [0 : 3]
    plot for [library in libraries] for [i = 1:4] data index library . " gain " . word(operations, i) using 1:2 \
        lc rgb int(word(colours, i)) dashtype dash(library) title library eq "xgrad" ? word(operations, i) : ""
    set logscale y
    set format y "10^{%T}"
    set autoscale y
    set xlabel "operations in the chain"
    set title "chain, forward and backward: nanoseconds per operation"
    plot for [library in libraries] data index library . " chain_time 1" using 1:2 lc rgb colour(library, 1) title library
    set title "chain: bytes per operation"
    plot for [library in libraries] data index library . " chain_memory 1" using 1:($2 > 0 ? $2 : NaN) \
        lc rgb colour(library, 1) title library
    unset multiplot
    set output
}
