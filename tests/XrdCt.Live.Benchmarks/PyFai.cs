using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;

namespace XrdCt.Live.Benchmarks;

/// <summary>Times pyFAI on one thread, on the frames that ours were timed on.</summary>
internal static class PyFai
{
    /// <summary>Runs <c>pyfai_bench.py</c>.</summary>
    /// <returns>Its medians in ms per frame by key, and <c>version</c>; null where there is no pyFAI.</returns>
    public static JsonElement? Time(int[][] frames, ImageShape shape, PixelMask mask, string poni, int bins, double seconds)
    {
        string folder = Directory.CreateTempSubdirectory("xrdct-bench").FullName;
        try
        {
            string framePath = Path.Combine(folder, "frames.npy"), maskPath = Path.Combine(folder, "mask.npy");
            WriteNpy(framePath, "<i4", $"({frames.Length}, {shape.Rows}, {shape.Columns})", frames.Select(f => MemoryMarshal.AsBytes(f.AsSpan()).ToArray()));
            WriteNpy(maskPath, "|u1", $"({shape.Rows}, {shape.Columns})", [[.. mask.Masked.ToArray().Select(m => m ? (byte)1 : (byte)0)]]);
            var start = new ProcessStartInfo("/usr/bin/python3") { RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment["OMP_NUM_THREADS"] = "1";
            foreach (string argument in new[]
            {
                Path.Combine(AppContext.BaseDirectory, "pyfai_bench.py"), framePath, Path.GetFullPath(poni), maskPath,
                bins.ToString(CultureInfo.InvariantCulture), seconds.ToString(CultureInfo.InvariantCulture),
            })
            {
                start.ArgumentList.Add(argument);
            }

            using Process python = Process.Start(start)!;
            Task<string> errors = python.StandardError.ReadToEndAsync();
            string output = python.StandardOutput.ReadToEnd();
            python.WaitForExit();
            if (python.ExitCode == 0)
            {
                return JsonSerializer.Deserialize<JsonElement>(output);
            }

            Console.Error.WriteLine($"pyFAI could not be timed: {errors.Result.Trim().Split('\n')[^1]}");
            return null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Console.Error.WriteLine("pyFAI could not be timed: /usr/bin/python3 is not there");
            return null;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void WriteNpy(string path, string type, string shape, IEnumerable<byte[]> numbers)
    {
        string header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}".PadRight(117) + "\n";
        using var writer = new BinaryWriter(File.Create(path));
        writer.Write([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, (byte)header.Length, 0]);
        writer.Write(Encoding.ASCII.GetBytes(header));
        foreach (byte[] some in numbers)
        {
            writer.Write(some);
        }
    }
}
