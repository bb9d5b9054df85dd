using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Compute.Sinograms;

/// <summary>Computes the live channels of a pattern. Immutable and thread-safe.</summary>
public sealed class ChannelExtractor
{
    // The background line of a peak runs through the means of the first and the last fifth of its window.
    private const int ShoulderShare = 5;

    private readonly (LiveChannelKind Kind, int First, int Last)[] _windows;

    /// <summary>Turns the windows into bins.</summary>
    /// <param name="axis">Radial axis of the patterns.</param>
    /// <param name="channels">Channels; a window is in the unit of the axis.</param>
    /// <exception cref="ArgumentException">A window holds no bin, or a peak's fewer than five.</exception>
    public ChannelExtractor(RadialAxis axis, IReadOnlyList<LiveChannel> channels)
    {
        ArgumentNullException.ThrowIfNull(axis);
        ArgumentNullException.ThrowIfNull(channels);
        Channels = channels;
        _windows = [.. channels.Select(c => Window(axis, c))];
    }

    /// <summary>The channels.</summary>
    public IReadOnlyList<LiveChannel> Channels { get; }

    /// <summary>Computes all channels of one pattern. Empty (NaN) bins are left out of sums.</summary>
    /// <param name="intensity">Filtered intensity per bin, counts.</param>
    /// <param name="mean">Plain mean per bin, counts, on the same scale.</param>
    /// <param name="values">Receives one value per channel; NaN where no bin of the window holds a value.</param>
    public void Extract(ReadOnlySpan<float> intensity, ReadOnlySpan<float> mean, Span<float> values)
    {
        for (int c = 0; c < _windows.Length; c++)
        {
            (LiveChannelKind kind, int first, int last) = _windows[c];
            Range window = first..(last + 1);
            values[c] = kind switch
            {
                LiveChannelKind.Total => Sum(intensity[window]),
                LiveChannelKind.Peak => Peak(intensity[window]),
                LiveChannelKind.Spottiness => Difference(mean[window], intensity[window]),
                _ => float.NaN,
            };
        }
    }

    private static (LiveChannelKind Kind, int First, int Last) Window(RadialAxis axis, LiveChannel channel)
    {
        int first = 0;
        int last = axis.BinCount - 1;
        while (first < axis.BinCount && axis.Centres[first] < channel.Lower)
        {
            first++;
        }

        while (last >= 0 && axis.Centres[last] > channel.Upper)
        {
            last--;
        }

        int least = channel.Kind == LiveChannelKind.Peak ? ShoulderShare : 1;
        return last - first + 1 >= least
            ? (channel.Kind, first, last)
            : throw new ArgumentException(
                $"the window {channel.Lower} to {channel.Upper} of live channel '{channel.Name}' holds {Math.Max(0, last - first + 1)} "
                + $"bins of the axis ({axis.Centres[0]:G5} to {axis.Centres[^1]:G5}), and needs at least {least}");
    }

    private static float Sum(ReadOnlySpan<float> values)
    {
        double sum = 0;
        int count = 0;
        foreach (float value in values)
        {
            if (!float.IsNaN(value))
            {
                sum += value;
                count++;
            }
        }

        return count > 0 ? (float)sum : float.NaN;
    }

    private static float Peak(ReadOnlySpan<float> window)
    {
        int shoulder = window.Length / ShoulderShare;
        double left = Mean(window[..shoulder]);
        double right = Mean(window[^shoulder..]);
        double sum = 0;
        for (int i = 0; i < window.Length; i++)
        {
            // The shoulders' means stand for their middles.
            double along = (i - ((shoulder - 1) / 2.0)) / (window.Length - shoulder);
            double net = window[i] - (left + ((right - left) * along));
            sum += double.IsNaN(net) ? 0 : net;
        }

        return double.IsNaN(left + right) ? float.NaN : (float)sum;
    }

    private static double Mean(ReadOnlySpan<float> values)
    {
        double sum = 0;
        int count = 0;
        foreach (float value in values)
        {
            if (!float.IsNaN(value))
            {
                sum += value;
                count++;
            }
        }

        return sum / count;
    }

    private static float Difference(ReadOnlySpan<float> mean, ReadOnlySpan<float> intensity)
    {
        double sum = 0;
        int count = 0;
        for (int i = 0; i < mean.Length; i++)
        {
            double difference = Math.Abs(mean[i] - intensity[i]);
            if (!double.IsNaN(difference))
            {
                sum += difference;
                count++;
            }
        }

        return count > 0 ? (float)(sum / count) : float.NaN;
    }
}
