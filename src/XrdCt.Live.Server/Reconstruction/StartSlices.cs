using System.Globalization;
using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Server.Conversion;
using XrdCt.Live.Storage.Volumes;

namespace XrdCt.Live.Server.Reconstruction;

/// <summary>
/// Slices of the same sample that are already there, from which an iterative solver goes on: those of fewer angles, of another solver, or of fewer iterations. Thread-safe.
/// </summary>
internal sealed class StartSlices
{
    // Radial axes and pixels that two files have in common differ by rounding only.
    private const double Same = 1e-3;

    private readonly string _path;
    private readonly int _first;
    private readonly int _bins;
    private readonly int _size;

    /// <summary>Opens the file and finds the bins in it.</summary>
    /// <param name="path">A file of slices.</param>
    /// <param name="sinogram">What is to be reconstructed.</param>
    /// <param name="bins">Which bins of it.</param>
    /// <param name="size">Pixels along x and y.</param>
    /// <param name="pixel_um">Their size, µm.</param>
    /// <exception cref="UserException">It has other pixels, or lacks bins.</exception>
    /// <exception cref="IOException">It is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">It holds no slices.</exception>
    public StartSlices(string path, SinogramHeader sinogram, (int First, int Count) bins, int size, double pixel_um)
    {
        (_path, _bins, _size) = (path, bins.Count, size);
        using VolumeFile file = new(path, ChunkUnpacking.Unpack);
        VolumeHeader header = file.Header;
        if (header.Size != size || Math.Abs(header.PixelSize_um - pixel_um) > Same * pixel_um)
        {
            throw UserException.WrongUse(string.Create(
                CultureInfo.InvariantCulture,
                $"--start {path} has {header.Size} × {header.Size} pixels of {header.PixelSize_um:0.###} µm, and {size} × {size} of {pixel_um:0.###} µm are to be made: start from slices of the same scan"));
        }

        _first = Find(sinogram.Radial.AsSpan(bins.First, bins.Count), header.Radial);
        if (_first < 0 || (header.Unit ?? sinogram.Unit) != (sinogram.Unit ?? header.Unit))
        {
            throw UserException.WrongUse(string.Create(
                CultureInfo.InvariantCulture,
                $"--start {path} has {header.BinCount} bins from {header.Radial[0]:G6} to {header.Radial[^1]:G6}, and lacks some of those to be made, {sinogram.Radial[bins.First]:G6} to {sinogram.Radial[bins.First + bins.Count - 1]:G6}: choose --bins that it has"));
        }
    }

    /// <summary>Reads a block of bins.</summary>
    /// <param name="block">Number of the block, from 0 for the first bin that is reconstructed.</param>
    /// <param name="slices">Receives [y, x, <see cref="BinBlock.Width"/>]: NaN where the file has no value, 0 in the padding.</param>
    public void Read(int block, Span<float> slices)
    {
        int own = BinBlock.BinsOf(_bins, block);

        // Opened each time: threads do not share a file, and a header is a millisecond.
        using VolumeFile file = new(_path, ChunkUnpacking.Unpack);
        float[] values = file.ReadBins(_first + (block * BinBlock.Width), own);
        int pixels = _size * _size;
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            Span<float> voxel = slices.Slice(pixel * BinBlock.Width, BinBlock.Width);
            voxel.Clear();
            for (int bin = 0; bin < own; bin++)
            {
                voxel[bin] = values[(bin * pixels) + pixel];
            }
        }
    }

    // The first of the bins in a row that are those wanted; below 0 where there are none such.
    private static int Find(ReadOnlySpan<double> wanted, double[] there)
    {
        double step = there.Length > 1 ? Math.Abs(there[^1] - there[0]) / (there.Length - 1) : Math.Abs(there[0]);
        double tolerance = Same * step;
        int first = 0;
        while (first < there.Length && Math.Abs(there[first] - wanted[0]) > tolerance)
        {
            first++;
        }

        if (first + wanted.Length > there.Length)
        {
            return -1;
        }

        for (int bin = 0; bin < wanted.Length; bin++)
        {
            if (Math.Abs(there[first + bin] - wanted[bin]) > tolerance)
            {
                return -1;
            }
        }

        return first;
    }
}
