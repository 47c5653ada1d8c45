# How the targets of this project are compiled.

# xtensor, xsimd and xtl are headers that only the library's own sources, its tests and its examples see: their folders
# are taken from the targets, which are not linked, so that no trace of them is exported.
find_package(xtensor REQUIRED)
find_package(xsimd REQUIRED)
find_path(XTENSOR_BLAS_INCLUDE_DIR xtensor-blas/xlinalg.hpp REQUIRED)
mark_as_advanced(XTENSOR_BLAS_INCLUDE_DIR)

# Warnings and the language, for every target.
function(xgrad_target_options target)
    target_compile_features(${target} PUBLIC cxx_std_20)
    set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                           $<$<BOOL:${XGRAD_WERROR}>:-Werror>)
endfunction()

# The headers of xtensor and its kin, SIMD included.
function(xgrad_use_xtensor target)
    target_include_directories(${target} SYSTEM PRIVATE $<TARGET_PROPERTY:xtensor,INTERFACE_INCLUDE_DIRECTORIES>
                               $<TARGET_PROPERTY:xtl,INTERFACE_INCLUDE_DIRECTORIES>
                               $<TARGET_PROPERTY:xsimd,INTERFACE_INCLUDE_DIRECTORIES> ${XTENSOR_BLAS_INCLUDE_DIR})
    target_compile_definitions(${target} PRIVATE XTENSOR_USE_XSIMD)
endfunction()

# The architecture of the native build. Private to the targets that ask for it, never exported.
function(xgrad_use_native target)
    if(XGRAD_NATIVE AND NOT XGRAD_PORTABLE)
        target_compile_options(${target} PRIVATE -march=native)
    endif()
endfunction()

# The library's own sources. That no function sets errno and no floating-point trap is awaited changes no result, and lets
# the compiler vectorise; -ffast-math does change results, and the floating-point mode of the process, and is not used.
# Integers wrap, as libtorch's do.
function(xgrad_library_options target)
    xgrad_target_options(${target})
    xgrad_use_xtensor(${target})
    target_compile_options(${target} PRIVATE -fno-math-errno -fno-trapping-math -fwrapv)
    if(BUILD_SHARED_LIBS)
        set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
        target_compile_options(${target} PRIVATE -fno-semantic-interposition)
    endif()
    xgrad_use_native(${target})
endfunction()

function(xgrad_kernel_objects arch)
    add_library(xgrad_kernels_${arch} OBJECT ${XGRAD_KERNELS})
    xgrad_library_options(xgrad_kernels_${arch})
    target_include_directories(xgrad_kernels_${arch} PRIVATE ${XGRAD_INCLUDE_DIR})
    target_compile_definitions(xgrad_kernels_${arch} PRIVATE XGRAD_KERNEL_ARCH=${arch})
    # The body of a loop and its tail must round alike: whether a * b + c is fused is said in the code.
    target_compile_options(xgrad_kernels_${arch} PRIVATE -ffp-contract=off)
endfunction()

# The kernels, once, for the machine that builds.
function(xgrad_native_kernels)
    xgrad_kernel_objects(native)
    target_sources(xgrad PRIVATE $<TARGET_OBJECTS:xgrad_kernels_native>)
endfunction()

# The kernels for one of the architectures among which the library chooses at run time. The objects also hold copies of
# inline functions that the rest of a program has too (std::vector's growth, say), compiled here with instructions that
# other machines lack; of such copies a linker keeps any one. So the objects are joined into one, in which every symbol
# without the architecture in its name becomes local.
function(xgrad_portable_kernels arch march)
    xgrad_kernel_objects(${arch})
    target_compile_definitions(xgrad_kernels_${arch} PRIVATE XGRAD_PORTABLE)
    target_compile_options(xgrad_kernels_${arch} PRIVATE -march=${march})
    set(joined ${CMAKE_CURRENT_BINARY_DIR}/xgrad_kernels_${arch}.o)
    add_custom_command(OUTPUT ${joined} DEPENDS $<TARGET_OBJECTS:xgrad_kernels_${arch}> VERBATIM COMMAND_EXPAND_LISTS
                       COMMAND ${CMAKE_LINKER} -r --force-group-allocation -o ${joined}
                               $<TARGET_OBJECTS:xgrad_kernels_${arch}>
                       COMMAND ${CMAKE_OBJCOPY} --wildcard --keep-global-symbol=*${arch}* ${joined}
                       COMMENT "Joining the ${arch} kernels")
    set_source_files_properties(${joined} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
    target_sources(xgrad PRIVATE ${joined})
endfunction()
