using System.Globalization;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Storage.Images;

namespace XrdCt.Live.Server.Placement;

/// <summary>
/// A slice with the fields of view on it: colours of even steps of lightness, axes in µm, a bar of the intensity and a legend. x to the right and y downwards, as
/// rows and columns lie in the file.
/// </summary>
internal sealed class SlicePicture
{
    private const int Side = 640;
    private const int Left = 78;
    private const int Top = 14;
    private const int Below = 52;
    private const int Beside = 130;
    private const int LineHeight = 20;

    private static readonly (byte R, byte G, byte B) Ink = (32, 32, 32);
    private static readonly (byte R, byte G, byte B) Best = (255, 255, 255);
    private static readonly (byte R, byte G, byte B) Zone = (255, 80, 60);

    private readonly int _width;
    private readonly int _height;
    private readonly byte[] _rgb;
    private readonly SliceMap _slice;

    /// <summary>Draws it.</summary>
    public SlicePicture(SliceMap slice, IReadOnlyList<RoiCandidate> candidates, IReadOnlyList<ForbiddenZone> forbidden)
    {
        _slice = slice;
        _width = Left + Side + Beside;
        _height = Top + Side + Below + ((candidates.Count + 1) * LineHeight);
        _rgb = new byte[_width * _height * 3];
        Array.Fill(_rgb, (byte)255);
        (float low, float high) = Range();
        DrawSlice(low, high);
        DrawBar(low, high);
        DrawAxes();
        foreach (ForbiddenZone zone in forbidden)
        {
            Circle(zone.X_um, zone.Y_um, zone.Radius_um, Zone);
        }

        for (int i = 0; i < candidates.Count; i++)
        {
            RoiCandidate c = candidates[i];
            Circle(c.X_um, c.Y_um, c.Radius_um, Best);
            Text(Column(c.X_um) - 5, Row(c.Y_um) - 7, $"{i + 1}", Best);
            string sigma = double.IsFinite(c.ScoreSigma) ? Say($" ± {c.ScoreSigma:F4}") : "";
            Text(Left, Top + Side + Below + (i * LineHeight), Say($"{i + 1}: x {c.X_um:F0} y {c.Y_um:F0} µm, score {c.Score:F3}") + sigma + Say($", material {100 * c.MaterialFraction:F0} %"), Ink);
        }
    }

    /// <summary>Writes it as PNG.</summary>
    public void Write(Stream stream) => PngWriter.Write(stream, _width, _rgb);

    // Between percentiles: one bright voxel would leave the rest dark.
    private (float Low, float High) Range()
    {
        float[] finite = [.. _slice.Values.Where(float.IsFinite).Order()];
        return finite.Length == 0 ? (0, 1) : (finite[(int)(0.01 * (finite.Length - 1))], finite[(int)(0.995 * (finite.Length - 1))]);
    }

    private void DrawSlice(float low, float high)
    {
        for (int row = 0; row < Side; row++)
        {
            for (int column = 0; column < Side; column++)
            {
                float value = _slice.Values[((int)((long)row * _slice.Size / Side) * _slice.Size) + (int)((long)column * _slice.Size / Side)];
                Put(Left + column, Top + row, float.IsFinite(value) ? Colour((value - low) / (high - low)) : ((byte)128, (byte)128, (byte)128));
            }
        }
    }

    private void DrawBar(float low, float high)
    {
        for (int row = 0; row < Side; row++)
        {
            for (int column = 0; column < 18; column++)
            {
                Put(Left + Side + 16 + column, Top + row, Colour(1 - (row / (Side - 1f))));
            }
        }

        foreach (float share in (float[])[0, 0.5f, 1])
        {
            Text(Left + Side + 40, Top + (int)((1 - share) * (Side - 14)), Say($"{low + (share * (high - low)):G3}"), Ink);
        }
    }

    private void DrawAxes()
    {
        double half_um = _slice.Size / 2 * _slice.PixelSize_um;
        double step_um = Math.Pow(10, Math.Floor(Math.Log10(half_um)));
        step_um = half_um / step_um < 2 ? step_um / 2 : half_um / step_um > 5 ? step_um * 2 : step_um;
        for (double at_um = -Math.Floor(half_um / step_um) * step_um; at_um <= half_um; at_um += step_um)
        {
            string label = Say($"{at_um:0.##}");
            for (int i = 0; i < 6; i++)
            {
                Put(Column(at_um), Top + Side + i, Ink);
                Put(Left - 1 - i, Row(at_um), Ink);
            }

            Text(Column(at_um) - (label.Length * PixelFont.Advance / 2), Top + Side + 10, label, Ink);
            Text(Left - 10 - (label.Length * PixelFont.Advance), Row(at_um) - 7, label, Ink);
        }

        Text(Left + (Side / 2) - 30, Top + Side + 30, "x (µm)", Ink);
        Text(2, Top, "y (µm)", Ink);
    }

    private int Column(double x_um) => Left + (int)Math.Round(((x_um / _slice.PixelSize_um) + (_slice.Size / 2) + 0.5) * Side / _slice.Size);

    private int Row(double y_um) => Top + (int)Math.Round(((y_um / _slice.PixelSize_um) + (_slice.Size / 2) + 0.5) * Side / _slice.Size);

    // Light in a dark seam, to be seen on any colour.
    private void Circle(double x_um, double y_um, double radius_um, (byte R, byte G, byte B) colour)
    {
        double scale = Side / (_slice.Size * _slice.PixelSize_um);
        (int x, int y, double radius) = (Column(x_um), Row(y_um), radius_um * scale);
        for (int row = Top; row < Top + Side; row++)
        {
            for (int column = Left; column < Left + Side; column++)
            {
                double off = Math.Abs(Math.Sqrt((((double)column - x) * (column - x)) + (((double)row - y) * (row - y))) - radius);
                Blend(column, row, Ink, Math.Clamp(3 - off, 0, 1));
                Blend(column, row, colour, Math.Clamp(1.5 - off, 0, 1));
            }
        }
    }

    private void Text(int x, int y, string text, (byte R, byte G, byte B) colour) =>
        PixelFont.Draw(text, (column, row) => Put(x + column, y + row, colour));

    private void Put(int x, int y, (byte R, byte G, byte B) colour) => Blend(x, y, colour, 1);

    private void Blend(int x, int y, (byte R, byte G, byte B) colour, double share)
    {
        if (share > 0 && x >= 0 && y >= 0 && x < _width && y < _height)
        {
            Span<byte> pixel = _rgb.AsSpan(((y * _width) + x) * 3, 3);
            pixel[0] = (byte)Math.Round(double.Lerp(pixel[0], colour.R, share));
            pixel[1] = (byte)Math.Round(double.Lerp(pixel[1], colour.G, share));
            pixel[2] = (byte)Math.Round(double.Lerp(pixel[2], colour.B, share));
        }
    }

    // Lightness in even steps from dark blue by red to yellow, in Ottosson's Oklab, where equal steps look equal
    // (https://bottosson.github.io/posts/oklab, 2020).
    private static (byte R, byte G, byte B) Colour(float share)
    {
        double u = Math.Clamp(share, 0, 1);
        double lightness = 0.16 + (0.78 * u);
        double hue = double.DegreesToRadians(275 + (185 * u));
        double chroma = 0.05 + (0.12 * Math.Sin(Math.PI * (0.15 + (0.7 * u))));
        (double a, double b) = (chroma * Math.Cos(hue), chroma * Math.Sin(hue));
        double l = Math.Pow(lightness + (0.3963377774 * a) + (0.2158037573 * b), 3);
        double m = Math.Pow(lightness - (0.1055613458 * a) - (0.0638541728 * b), 3);
        double s = Math.Pow(lightness - (0.0894841775 * a) - (1.2914855480 * b), 3);
        return (
            Encoded((4.0767416621 * l) - (3.3077115913 * m) + (0.2309699292 * s)),
            Encoded((-1.2684380046 * l) + (2.6097574011 * m) - (0.3413193965 * s)),
            Encoded((-0.0041960863 * l) - (0.7034186147 * m) + (1.7076147010 * s)));
    }

    private static byte Encoded(double linear) =>
        (byte)Math.Round(255 * Math.Clamp(linear <= 0.0031308 ? 12.92 * linear : (1.055 * Math.Pow(linear, 1 / 2.4)) - 0.055, 0, 1));

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
