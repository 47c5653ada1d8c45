# Bars of xgrad's time relative to libtorch's. Usage: gnuplot -c ratios.gp FOLDER
# Columns of ratios.dat: name; ratio, least, most, limit at one thread; the same at two.
folder = ARG1
data = folder . "/ratios.dat"
stats data using 0 nooutput
rows = STATS_records
least = 1.0 / 16

set title "Time relative to libtorch: 1 is equal, less is faster; whiskers: least and most of the rounds"
set logscale x 2
set xrange [least : 2]
set yrange [rows - 0.4 : -0.6]
set xtics ("1/16" 1.0/16, "1/8" 1.0/8, "1/4" 1.0/4, "1/2" 1.0/2, "1" 1, "2" 2)
set ytics scale 0 noenhanced
set grid xtics
set lmargin 19
set style fill solid 0.85 noborder
set key outside bottom center horizontal
set arrow from 1, graph 0 to 1, graph 1 nohead lc rgb "black"

do for [type in "png svg"] {
    if (type eq "png") { set terminal pngcairo size 1000, 120 + 34 * rows font "sans,11" }
    else { set terminal svg size 1000, 120 + 34 * rows font "sans,12" background "white" }
    set output folder . "/ratios." . type
    plot data using (least):0:(least):2:($0 - 0.34):($0 - 0.02):ytic(1) with boxxyerror lc rgb "#2a6f97" title "one thread", \
         data using (least):0:(least):6:($0 + 0.02):($0 + 0.34) with boxxyerror lc rgb "#f4a259" title "two threads", \
         data using 2:($0 - 0.18):3:4 with xerrorbars pt 0 lc rgb "black" notitle, \
         data using 6:($0 + 0.18):7:8 with xerrorbars pt 0 lc rgb "black" notitle, \
         data using 5:($0 - 0.4):(0):(0.4) with vectors nohead lw 3 lc rgb "#c1121f" title "asked: at most", \
         data using 9:0:(0):(0.4) with vectors nohead lw 3 lc rgb "#c1121f" notitle
    set output
}
